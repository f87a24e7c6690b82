import { z } from 'zod';
import { AlertBookEvent, AlertRuleEvent, AlertsCheckpointed } from './alert-events.ts';
import { ApplicationEvent, DataKeyWrapped } from './application-events.ts';
import { CalendarEvent, PauseEvent } from './closure-events.ts';
import { JobEvent, TestCallRequested } from './job-events.ts';
import {
  AllowedTargetsEvent,
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
import {
  AcknowledgementEvent,
  RejectionEvent,
  SavedViewEvent,
  SessionEvent,
  TenantEvent,
  TokenEvent,
} from './tenant-events.ts';

export * from './alert-events.ts';
export * from './application-events.ts';
export * from './closure-events.ts';
export * from './delivery-fields.ts';
export * from './job-events.ts';
export * from './log-events.ts';
export * from './metadata.ts';
export * from './operation-events.ts';
export * from './request-events.ts';
export * from './run-events.ts';
export * from './run-fields.ts';
export * from './tenant-events.ts';

/** Every event of the log. Type names are the storage format: renaming one orphans stored events. */
export const DomainEvent = z.discriminatedUnion('type', [
  LogCreated,
  EngineHeartbeat,
  LogCopied,
  IdsReserved,
  DataKeyWrapped,
  ...HomeEvent.options,
  ...AllowedTargetsEvent.options,
  ...NameEvent.options,
  ...RequestEvent.options,
  ...ApplicationEvent.options,
  ...CalendarEvent.options,
  ...PauseEvent.options,
  ...OperationEvent.options,
  ...TokenEvent.options,
  ...AcknowledgementEvent.options,
  ...SavedViewEvent.options,
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

type FamilySchema<E> = z.ZodType<E> & {
  readonly options: readonly { readonly shape: { readonly type: { readonly value: string } } }[];
};

const typesOf = <E>({ options }: FamilySchema<E>): ReadonlySet<string> =>
  new Set(options.map(({ shape }) => shape.type.value));

/** Returns a guard that checks by type whether an event belongs to a family. */
const familyGuard = <E extends DomainEvent>(schema: FamilySchema<E>) => {
  const types = typesOf(schema);
  return (event: DomainEvent): event is E => types.has(event.type);
};

export const isAcknowledgementEvent = familyGuard(AcknowledgementEvent);
export const isAlertBookEvent = familyGuard(AlertBookEvent);
export const isAlertRuleEvent = familyGuard(AlertRuleEvent);
export const isAllowedTargetsEvent = familyGuard(AllowedTargetsEvent);
export const isApplicationEvent = familyGuard(ApplicationEvent);
export const isCalendarEvent = familyGuard(CalendarEvent);
export const isHomeEvent = familyGuard(HomeEvent);
export const isJobEvent = familyGuard(JobEvent);
export const isOperationEvent = familyGuard(OperationEvent);
export const isPauseEvent = familyGuard(PauseEvent);
export const isRejectionEvent = familyGuard(RejectionEvent);
export const isRunEvent = familyGuard(RunEvent);
/** Returns a guard for one type of event. */
export const isOfType =
  <T extends EventType>(type: T) =>
  (event: DomainEvent): event is EventOf<T> =>
    event.type === type;

const RUN_TYPES = typesOf(RunEvent);
/** Returns whether this version knows the type as a run event. */
export const isRunEventType = (type: string): boolean => RUN_TYPES.has(type);
export const isRequestEvent = familyGuard(RequestEvent);
export const isSavedViewEvent = familyGuard(SavedViewEvent);
export const isSessionEvent = familyGuard(SessionEvent);
export const isTenantEvent = familyGuard(TenantEvent);
export const isTokenEvent = familyGuard(TokenEvent);
