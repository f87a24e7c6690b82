import { isRequestEvent } from '../../../domain/events/families.ts';
import { RequestEvent } from '../../../domain/events/index.ts';
import { lastEventOf } from '../../../event-store/last-event.ts';
import { NO_STREAM, type Position, type RecordedEvent, type Revision } from '../../../event-store/port.ts';
import type { CommandContext } from '../../command.ts';
import { type EventLog, handleCommand, type LoadedState } from '../handle-command.ts';
import { requestStream } from './key.ts';
import { follow, KEPT_MS, nextPlace, type PlacedEvent, type Trail } from './place.ts';

/** An event of a key before it has its place. */
export type KeyedEvent = WithoutPlace<RequestEvent>;
type WithoutPlace<E> = E extends RequestEvent
  ? { readonly type: E['type']; readonly data: Omit<E['data'], 'place'> }
  : never;

export type NewestEvent = { readonly event: RequestEvent; readonly position: Position | undefined };

type KeyLookup = {
  /** The newest event of the key, where it is young enough to count. */
  readonly newest: NewestEvent | undefined;
  readonly index: Trail['index'];
  /** The stream's last event. */
  readonly last: PlacedEvent | undefined;
};

/** The newest event of a key: a read of its stream's last event, and one for each step that the index takes. */
export const findKeyed = async (log: EventLog, key: string): Promise<RequestEvent | undefined> =>
  (await find(log, key)).state.newest?.event;

/** Records events of one key, each decided on the newest event of the key. */
export type KeyedRecorder = {
  /** @returns the newest event of the key afterwards: the one recorded, or else the one that was there before */
  record(decide: (newest: RequestEvent | undefined) => readonly KeyedEvent[]): Promise<NewestEvent | undefined>;
};

export const createKeyedRecorder = (log: EventLog, key: string, context: CommandContext): KeyedRecorder => {
  const stream = requestStream(key);
  /** The stream after this recorder's last append: most likely still its newest state, so it is tried first. */
  let left: LoadedState<KeyLookup> | undefined;

  const load = async (): Promise<LoadedState<KeyLookup>> => {
    const likely = left;
    left = undefined;
    return likely ?? find(log, key);
  };

  return {
    record: async (decide) => {
      let cutBefore: Revision | undefined;
      const { state, events, revision, position } = await handleCommand(log, {
        stream,
        context,
        load,
        decide: ({ newest, index, last }): readonly RequestEvent[] => {
          const next = nextPlace({ index, last, nowMs: log.world.clock.now() });
          ({ cutBefore } = next);
          return decide(newest?.event).map(({ type, data }) =>
            RequestEvent.parse({ type, data: { ...data, place: next.place } }),
          );
        },
      });
      const [event] = events;
      if (event === undefined) return state.newest;
      const { place } = event.data;
      const newest = { event, position };
      left = { state: { newest, index: place.index, last: { key, revision, place } }, revision };
      if (cutBefore !== undefined) await cut(log, stream, cutBefore);
      return newest;
    },
  };
};

const find = async ({ store, world }: EventLog, key: string): Promise<LoadedState<KeyLookup>> => {
  const stream = requestStream(key);
  const oldestMs = world.clock.now() - KEPT_MS;
  const last = await lastEventOf(store, stream);
  const revision = last?.revision ?? NO_STREAM;
  const root = placedIn(last);
  let index: Trail['index'] = [];
  for (let event = last; event !== undefined && isRequestEvent(event); ) {
    const trail: Trail = follow(index, { ...event.data, revision: event.revision }, key);
    ({ index } = trail);
    // The index leads to older events only, so none behind an event that is too old counts either.
    if (trail.next.kind === 'absent' || event.recordedAt < oldestMs) break;
    if (trail.next.kind === 'found') {
      return { state: { newest: { event, position: event.position }, index, last: root }, revision };
    }
    event = await eventAt(store, stream, trail.next.revision);
  }
  return { state: { newest: undefined, index, last: root }, revision };
};

const placedIn = (event: RecordedEvent | undefined): PlacedEvent | undefined =>
  event !== undefined && isRequestEvent(event) ? { ...event.data, revision: event.revision } : undefined;

/** Undefined where it was cut. */
const eventAt = async (
  store: EventLog['store'],
  stream: string,
  revision: Revision,
): Promise<RecordedEvent | undefined> => {
  for await (const event of store.readStream(stream, { from: revision, limit: 1 })) {
    return event.revision === revision ? event : undefined;
  }
  return undefined;
};

/** Cuts old events off. If that fails, they are cut together with the next span. */
const cut = async ({ store, world }: EventLog, stream: string, before: Revision): Promise<void> => {
  try {
    await store.truncateBefore(stream, before);
  } catch (error) {
    world.log.warn({ stream, error }, 'old requests could not be deleted from the log: retrying in a day');
  }
};
