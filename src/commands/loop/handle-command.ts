import { defined } from '../../domain/defined.ts';
import { DomainError } from '../../domain/domain-error.ts';
import type { DomainEvent, EventMetadata } from '../../domain/events/index.ts';
import { appendWithRetry, type StreamQueues } from '../../event-store/append-with-retry.ts';
import { WrongExpectedRevision } from '../../event-store/errors.ts';
import {
  type Append,
  type AppendResult,
  type EventStore,
  type NewEvent,
  NO_STREAM,
  type Position,
  type Revision,
} from '../../event-store/port.ts';
import { lastEventOf } from '../../event-store/read-log.ts';
import { type Backoff, backoffMs } from '../../runtime/retry.ts';
import type { Runtime } from '../../runtime/runtime.ts';
import type { CommandContext, OwnAppend } from '../command.ts';

/** What appending uses: the store, the queues of its streams, and clock, timers and randomness. */
export type EventLog = {
  readonly store: EventStore;
  readonly lanes: Pick<StreamQueues, 'enqueue'>;
  readonly world: Runtime;
};

/** A state and the revision of the stream's last event at which it was read. */
export type LoadedState<S> = { readonly state: S; readonly revision: Revision };

/** What a command has recorded. */
export type RecordedChange<E> = {
  readonly events: readonly E[];
  /** Of the stream afterwards. */
  readonly revision: Revision;
  /** Position of the last appended event; `undefined` if there was none. */
  readonly position: Position | undefined;
};

type HandleResult<S, E> = LoadedState<S> & RecordedChange<E>;

/** What a command reads and decides. */
type Decision<S, E extends DomainEvent> = {
  readonly stream: string;
  /** Called before each try. A state that is not a promise is used immediately. */
  readonly load: () => LoadedState<S> | Promise<LoadedState<S>>;
  /** The events to record; none if nothing changes. Rejects by throwing. Pure. */
  readonly decide: (state: S, revision: Revision) => readonly E[];
  /** Prepares other streams for the append, such as by reserving a name. */
  readonly prepare?: ((events: readonly E[], state: S) => Promise<void>) | undefined;
};

/**
 * The loop of optimistic concurrency that all commands and the engine share, in the stream's queue: loads a state, decides,
 * and appends at the loaded revision. If another append came first, starts again.
 * @throws StreamDeleted, AppendTooLarge, and what the options throw
 */
export const appendLoop = <S, E extends DomainEvent>(
  { store, lanes, world }: EventLog,
  options: Decision<S, E> & {
    readonly metadataOf: (event: E) => EventMetadata;
    readonly beforeAppend?: ((append: Append) => Promise<void>) | undefined;
    /** Called after the append, before the next command of the stream. */
    readonly afterAppend?: (events: readonly E[], appended: AppendResult) => void;
    /** Called after a failed append, before the next try; throws to give up. */
    readonly afterLoss: (lost: WrongExpectedRevision, append: Append) => Promise<void>;
  },
): Promise<HandleResult<S, E>> =>
  lanes.enqueue(options.stream, async () => {
    const { stream, load, decide, metadataOf, prepare, beforeAppend, afterAppend, afterLoss } = options;
    for (;;) {
      const loaded = load();
      const { state, revision } = loaded instanceof Promise ? await loaded : loaded;
      const events = decide(state, revision);
      if (events.length === 0) return { state, revision, events, position: undefined };
      if (prepare !== undefined) await prepare(events, state);
      const append = {
        stream,
        expectedRevision: revision,
        events: events.map((event) => toNewEvent(event, metadataOf(event), world)),
      };
      if (beforeAppend !== undefined) await beforeAppend(append);
      try {
        const appended = await appendWithRetry(store, append, { world });
        afterAppend?.(events, appended);
        return { state, events, ...appended };
      } catch (error) {
        if (!(error instanceof WrongExpectedRevision)) throw error;
        await afterLoss(error, append);
      }
    }
  });

export type HandleOptions<S, E extends DomainEvent> = Decision<S, E> & {
  readonly context: CommandContext;
  /** Present if this is the command's own append, and the request can be repeated. */
  readonly own?: OwnAppend<E> | undefined;
};

const MAX_TRIES = 50;
/** Pauses between tries, shortened randomly. */
const RETRY: Backoff = { firstMs: 4, longestMs: 100 };

/**
 * Handles a command: the shared loop with the caller's metadata, pauses between tries, and a maximum of tries.
 * @throws DomainError CONTENTION if other appends came first 50 times
 */
export const handleCommand = <S, E extends DomainEvent>(
  log: EventLog,
  { context, own, ...options }: HandleOptions<S, E>,
): Promise<HandleResult<S, E>> => {
  const { stream, load } = options;
  const { world } = log;
  if (own?.made !== undefined) {
    const { made } = own;
    return log.lanes.enqueue(stream, async () => ({ state: (await load()).state, ...made }));
  }
  const metadata = metadataOf(context);
  let losses = 0;
  return appendLoop(log, {
    ...options,
    metadataOf: () => metadata,
    beforeAppend: own?.plan,
    afterLoss: async () => {
      own?.lost();
      losses += 1;
      if (losses === MAX_TRIES) throw new DomainError('CONTENTION', `others kept changing ${stream}: retry`);
      if (losses > 2) await world.timers.sleep(world.random.fraction() * backoffMs(losses - 2, RETRY));
    },
  });
};

type EventsInput<E> = { readonly stream: string; readonly context: CommandContext; readonly events: readonly E[] };

/** Appends events that depend on none before them. */
export const appendEvents = <E extends DomainEvent>(log: EventLog, { stream, context, events }: EventsInput<E>) =>
  handleCommand(log, {
    stream,
    context,
    load: async () => ({ state: undefined, revision: (await lastEventOf(log.store, stream))?.revision ?? NO_STREAM }),
    decide: () => events,
  });

type AppendInput = {
  readonly stream: string;
  readonly revision: Revision;
  readonly events: readonly DomainEvent[];
  readonly context: CommandContext;
  readonly world: Runtime;
};

/** Builds the append of a command's events at a revision, with new ids. */
export const toAppend = ({ stream, revision, events, context, world }: AppendInput): Append => {
  const metadata = metadataOf(context);
  return { stream, expectedRevision: revision, events: events.map((event) => toNewEvent(event, metadata, world)) };
};

/** The event to append, with a new id. */
export const toNewEvent = (event: DomainEvent, metadata: EventMetadata, { random }: Runtime): NewEvent => ({
  ...event,
  id: random.uuid(),
  metadata,
});

const metadataOf = ({ actor, correlationId, reason, traceparent }: CommandContext): EventMetadata => ({
  actor,
  correlationId,
  ...defined({ reason, traceparent }),
});
