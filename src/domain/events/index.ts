import { z } from 'zod';
import { AlertBookEvent, AlertRuleEvent, AlertsCheckpointed } from './alert-events.ts';
import { ApplicationEvent, DataKeyWrapped } from './application-events.ts';
import { CalendarEvent, PauseEvent } from './closure-events.ts';
import { JobEvent, TestCallRequested } from './job-events.ts';
import {
  EngineHeartbeat,
  HomeEvent,
  IdsReserved,
  LeavesRecorded,
  LogCopied,
  LogCreated,
  NameEvent,
} from './log-events.ts';
import { OperationEvent } from './operation-events.ts';
import { RequestEvent } from './request-events.ts';
import { RunEvent } from './run-events.ts';
import { RejectionEvent, SessionEvent, TenantEvent, TokenEvent } from './tenant-events.ts';

export * from './alert-events.ts';
export * from './application-events.ts';
export * from './closure-events.ts';
export * from './delivery-fields.ts';
export * from './job-events.ts';
export * from './job-fields.ts';
export * from './log-events.ts';
export * from './metadata.ts';
export * from './operation-events.ts';
export * from './request-events.ts';
export * from './run-events.ts';
export * from './run-fields.ts';
export * from './tenant-events.ts';

/** Every event of the log. The names of the types are the storage format: renaming one orphans what is stored. */
export const DomainEvent = z.discriminatedUnion('type', [
  LogCreated,
  EngineHeartbeat,
  LogCopied,
  IdsReserved,
  DataKeyWrapped,
  ...HomeEvent.options,
  ...NameEvent.options,
  ...RequestEvent.options,
  ...ApplicationEvent.options,
  ...CalendarEvent.options,
  ...PauseEvent.options,
  ...OperationEvent.options,
  ...TokenEvent.options,
  ...SessionEvent.options,
  ...TenantEvent.options,
  TestCallRequested,
  AlertsCheckpointed,
  ...AlertRuleEvent.options,
  ...AlertBookEvent.options,
  LeavesRecorded,
  ...RejectionEvent.options,
  ...JobEvent.options,
  ...RunEvent.options,
]);
export type DomainEvent = z.infer<typeof DomainEvent>;
export type EventType = DomainEvent['type'];
export type EventOf<T extends EventType> = Extract<DomainEvent, { type: T }>;
