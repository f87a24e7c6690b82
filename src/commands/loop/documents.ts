import { applicationAfter, presentApplication } from '../../domain/application.ts';
import { evolveCalendar } from '../../domain/closure/calendars.ts';
import {
  type Application,
  type ApplicationEvent,
  type DomainEvent,
  isAcknowledgementEvent,
  isAlertBookEvent,
  isAlertRuleEvent,
  isAllowedTargetsEvent,
  isApplicationEvent,
  isCalendarEvent,
  isOfType,
  isOperationEvent,
  isPauseEvent,
  isSavedViewEvent,
  isSessionEvent,
  isTenantEvent,
  isTokenEvent,
} from '../../domain/events/index.ts';
import {
  acknowledgementStream,
  alertBookStream,
  alertRuleStream,
  allowedTargetsStream,
  applicationStream,
  calendarStream,
  leavesStream,
  operationStream,
  pauseStream,
  savedViewsStream,
  sessionsStream,
  tenantStream,
  tokenStream,
} from '../../domain/streams.ts';
import { evolveAllowedTargets } from '../../domain/targets/policy.ts';
import { type EventStore, NO_STREAM, type Revision } from '../../event-store/port.ts';
import { lastEventOf } from '../../event-store/read-log.ts';
import { type CommandContext, type CommandResult, ownAppend } from '../command.ts';
import { type EventLog, handleCommand, type LoadedState } from './handle-command.ts';
import { lastOfFamily } from './load.ts';

/** A kind of documents: objects whose events carry their whole state, so that the last event is enough. */
type DocumentKind<Key extends readonly unknown[], E extends DomainEvent, T> = {
  readonly streamOf: (...key: Key) => string;
  readonly isEvent: (event: DomainEvent) => event is E;
  /** The document after an event; `undefined` if there is none any more. */
  readonly stateOf: (event: E) => T | undefined;
  /** Other events can follow in its stream. */
  readonly sharesStream?: true;
};

const documents = <Key extends readonly unknown[], E extends DomainEvent, T>(
  streamOf: (...key: Key) => string,
  isEvent: (event: DomainEvent) => event is E,
  stateOf: (event: E) => T | undefined,
): DocumentKind<Key, E, T> => ({ streamOf, isEvent, stateOf });

/** The allowed targets of the installation; none if the setting applies. */
export const ALLOWED_TARGETS = documents(() => allowedTargetsStream, isAllowedTargetsEvent, evolveAllowedTargets);
/** Existing applications; a deleted one counts as absent. */
export const APPLICATIONS: DocumentKind<[applicationId: number], ApplicationEvent, Application> = {
  ...documents(applicationStream, isApplicationEvent, (event) => presentApplication(applicationAfter(event))),
  sharesStream: true,
};
export const CALENDARS = documents(calendarStream, isCalendarEvent, evolveCalendar);
export const PAUSES = documents(pauseStream, isPauseEvent, ({ data }) => data);
export const OPERATIONS = documents(operationStream, isOperationEvent, ({ data }) => data);
export const TOKENS = documents(tokenStream, isTokenEvent, ({ data }) => data);
/** Acknowledgements that have not ended. */
export const ACKNOWLEDGEMENTS = documents(acknowledgementStream, isAcknowledgementEvent, (event) =>
  event.type === 'JobAcknowledged' ? event.data : undefined,
);
/** All saved views of a tenant. */
export const SAVED_VIEWS = documents(savedViewsStream, isSavedViewEvent, ({ data }) => data);
/** Sessions of a caller that were ended before they expired. */
export const ENDED_SESSIONS = documents(sessionsStream, isSessionEvent, ({ data }) => data);
/** The erasure of a tenant. */
export const ERASURES = documents(tenantStream, isTenantEvent, ({ data }) => data);
export const ALERT_RULES = documents(alertRuleStream, isAlertRuleEvent, (event) =>
  event.type === 'AlertRuleSet' ? event.data : undefined,
);
/** The leaves of events that can be cut, as they were recorded last. */
export const LEAVES = documents(
  () => leavesStream,
  isOfType('LeavesRecorded'),
  ({ data }) => data,
);
/** The alerts of a rule, and their notifications. */
export const ALERT_BOOKS = documents(alertBookStream, isAlertBookEvent, ({ data }) => data);

/** Loads a document; `undefined` if there is none. */
export const loadDocument = async <Key extends readonly unknown[], E extends DomainEvent, T>(
  store: EventStore,
  { streamOf, isEvent, stateOf, sharesStream }: DocumentKind<Key, E, T>,
  ...key: Key
): Promise<LoadedState<T | undefined>> => {
  const stream = streamOf(...key);
  if (sharesStream) {
    const { event, revision } = await lastOfFamily(store, stream, isEvent);
    return { state: event && stateOf(event), revision };
  }
  const last = await lastEventOf(store, stream);
  return {
    state: last !== undefined && isEvent(last) ? stateOf(last) : undefined,
    revision: last?.revision ?? NO_STREAM,
  };
};

type DocumentChange<Key, E, T> = {
  readonly key: Key;
  readonly context: CommandContext;
  /** The events to record; none if nothing changes. Rejects by throwing. Pure. */
  readonly decide: (existing: T | undefined, nowMs: number, revision: Revision) => readonly E[];
  /** Called before each append; rejects by throwing. */
  readonly prepare?: (events: readonly E[], existing: T | undefined) => Promise<void>;
};

/** Changes a document by its context's own append. @returns the document afterwards, and the recorded events */
export const changeDocument = async <Key extends readonly unknown[], E extends DomainEvent, T>(
  log: EventLog,
  kind: DocumentKind<Key, E, T>,
  { key, context, decide, prepare }: DocumentChange<Key, E, T>,
): Promise<CommandResult<T | undefined> & { readonly events: readonly E[] }> => {
  const { state, events, revision, position } = await handleCommand(log, {
    stream: kind.streamOf(...key),
    context,
    load: () => loadDocument(log.store, kind, ...key),
    decide: (existing, at) => decide(existing, log.world.clock.now(), at),
    prepare,
    own: ownAppend(context, kind.isEvent),
  });
  const last = events.at(-1);
  return { value: last === undefined ? state : kind.stateOf(last), events, revision, position };
};

/** Changes a document that exists afterwards. */
export const setDocument = async <Key extends readonly unknown[], E extends DomainEvent, T>(
  log: EventLog,
  kind: DocumentKind<Key, E, T>,
  change: DocumentChange<Key, E, T>,
): Promise<CommandResult<T>> => {
  const { value, revision, position } = await changeDocument(log, kind, change);
  if (value === undefined) throw new Error(`${kind.streamOf(...change.key)} has no document after the change`);
  return { value, revision, position };
};

type DocumentCreation<Key, E> = {
  readonly key: Key;
  readonly context: CommandContext;
  readonly decide: (nowMs: number) => readonly E[];
  readonly prepare?: () => Promise<void>;
};

/** Sets a new document, whose id was just allocated. */
export const createDocument = async <Key extends readonly unknown[], E extends DomainEvent, T>(
  log: EventLog,
  kind: DocumentKind<Key, E, T>,
  { decide, ...creation }: DocumentCreation<Key, E>,
): Promise<CommandResult<T>> =>
  setDocument(log, kind, {
    ...creation,
    decide: (existing, nowMs) => {
      if (existing === undefined) return decide(nowMs);
      throw new Error(`the new id of ${kind.streamOf(...creation.key)} is in use already`);
    },
  });
