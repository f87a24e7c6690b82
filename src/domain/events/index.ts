import { z } from 'zod';
import { AlertBookEvent, AlertRuleEvent, AlertsCheckpointed } from './alert-events.ts';
import { ApplicationEvent, DataKeyWrapped } from './application-events.ts';
import { CalendarEvent } from './calendar-events.ts';
import { HomeEvent } from './home-events.ts';
import { JobEvent } from './job-events.ts';
import { LeavesKept } from './leaf-events.ts';
import { EngineBeat, IdsReserved, LogCopied, LogCreated } from './log-events.ts';
import { NameEvent } from './name-events.ts';
import { OperationEvent } from './operation-events.ts';
import { PauseEvent } from './pause-events.ts';
import { RefusalEvent } from './refusal-events.ts';
import { RequestEvent } from './request-events.ts';
import { RunEvent } from './run-events.ts';
import { SessionEvent } from './session-events.ts';
import { TenantEvent } from './tenant-events.ts';
import { TestCallRequested } from './test-call-events.ts';
import { TokenEvent } from './token-events.ts';

export * from './alert-events.ts';
export * from './application-events.ts';
export * from './backfill-fields.ts';
export * from './calendar-events.ts';
export * from './expiry-fields.ts';
export * from './home-events.ts';
export * from './job-events.ts';
export * from './leaf-events.ts';
export * from './log-events.ts';
export * from './metadata.ts';
export * from './name-events.ts';
export * from './operation-events.ts';
export * from './pause-events.ts';
export * from './refusal-events.ts';
export * from './request-events.ts';
export * from './rule-fields.ts';
export * from './run-events.ts';
export * from './schedule-fields.ts';
export * from './session-events.ts';
export * from './tenant-events.ts';
export * from './test-call-events.ts';
export * from './token-events.ts';

/** Every event of the log. The names of the types are the storage format: renaming one orphans what is stored. */
export const DomainEvent = z.discriminatedUnion('type', [
  LogCreated,
  EngineBeat,
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
  LeavesKept,
  ...RefusalEvent.options,
  ...JobEvent.options,
  ...RunEvent.options,
]);
export type DomainEvent = z.infer<typeof DomainEvent>;
export type EventType = DomainEvent['type'];
export type EventOf<T extends EventType> = Extract<DomainEvent, { type: T }>;
