import type { z } from 'zod';
import {
  AlertBookEvent,
  AlertRuleEvent,
  ApplicationEvent,
  CalendarEvent,
  type DomainEvent,
  HomeEvent,
  JobEvent,
  OperationEvent,
  PauseEvent,
  RejectionEvent,
  RequestEvent,
  RunEvent,
  SessionEvent,
  TenantEvent,
  TokenEvent,
} from './index.ts';

type FamilySchema<E> = z.ZodType<E> & {
  readonly options: readonly { readonly shape: { readonly type: { readonly value: string } } }[];
};

const typesOf = <E>({ options }: FamilySchema<E>): ReadonlySet<string> =>
  new Set(options.map(({ shape }) => shape.type.value));

/** Tells whether an event is of one family, by its type. */
const familyGuard = <E extends DomainEvent>(schema: FamilySchema<E>) => {
  const types = typesOf(schema);
  return (event: DomainEvent): event is E => types.has(event.type);
};

export const isAlertBookEvent: (event: DomainEvent) => event is AlertBookEvent = familyGuard(AlertBookEvent);
export const isAlertRuleEvent: (event: DomainEvent) => event is AlertRuleEvent = familyGuard(AlertRuleEvent);
export const isApplicationEvent: (event: DomainEvent) => event is ApplicationEvent = familyGuard(ApplicationEvent);
export const isCalendarEvent: (event: DomainEvent) => event is CalendarEvent = familyGuard(CalendarEvent);
export const isHomeEvent: (event: DomainEvent) => event is HomeEvent = familyGuard(HomeEvent);
export const isJobEvent: (event: DomainEvent) => event is JobEvent = familyGuard(JobEvent);
export const isOperationEvent: (event: DomainEvent) => event is OperationEvent = familyGuard(OperationEvent);
export const isPauseEvent: (event: DomainEvent) => event is PauseEvent = familyGuard(PauseEvent);
export const isRejectionEvent: (event: DomainEvent) => event is RejectionEvent = familyGuard(RejectionEvent);
export const isRunEvent: (event: DomainEvent) => event is RunEvent = familyGuard(RunEvent);
const RUN_TYPES = typesOf(RunEvent);
/** Whether it is the type of a run event that this release knows. */
export const isRunEventType = (type: string): boolean => RUN_TYPES.has(type);
export const isRequestEvent: (event: DomainEvent) => event is RequestEvent = familyGuard(RequestEvent);
export const isSessionEvent: (event: DomainEvent) => event is SessionEvent = familyGuard(SessionEvent);
export const isTenantEvent: (event: DomainEvent) => event is TenantEvent = familyGuard(TenantEvent);
export const isTokenEvent: (event: DomainEvent) => event is TokenEvent = familyGuard(TokenEvent);
