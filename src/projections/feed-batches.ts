import { StreamParked } from '../event-store/errors.ts';
import {
  comparePositions,
  type EventStore,
  type Position,
  type ReadTextEvent,
  type RecordedEvent,
} from '../event-store/port.ts';
import { type EventBatch, eventBatches } from './batches.ts';
import { earlier } from './checkpoints.ts';
import type { ProjectedEvents, Projection } from './projection.ts';
import type { Generation } from './registry.ts';

/** A batch for generations that share a subscription. */
export type FeedBatch = ProjectedEvents &
  Omit<EventBatch, 'events'> & {
    /** How many events were read. */
    readonly count: number;
  };

export type FeedOptions = {
  readonly store: Pick<EventStore, 'subscribe'>;
  readonly maxEvents: number;
  /** See `eventBatches`. */
  readonly pause?: () => Promise<void>;
  /** See `eventBatches`. */
  readonly rest?: () => Promise<void>;
  readonly signal: AbortSignal;
};

/** Reads the log once for all of these generations, from where the one goes on that has come least far. */
export async function* feedBatches(
  generations: readonly Generation[],
  { store, maxEvents, pause, rest, signal }: FeedOptions,
): AsyncGenerator<FeedBatch, void, undefined> {
  const projections = generations.map(({ projection }) => projection);
  const streamPrefixes = [...new Set(projections.flatMap((projection) => projection.streamPrefixes))];
  const after = generations.map(({ checkpoint }) => checkpoint.position).reduce(earlier);
  const batchesAs = <A extends 'events' | 'texts' | 'both'>(as: A) =>
    eventBatches({
      subscribe: (until) => store.subscribe({ after, streamPrefixes, as, decodedAtOnce: maxEvents, signal: until }),
      maxEvents,
      signal,
      ...(pause && { pause }),
      ...(rest && { rest }),
    });
  if (projections.every(({ readsTexts }) => readsTexts)) {
    for await (const { events: texts, ...batch } of batchesAs('texts')) {
      yield { ...batch, events: [], texts, count: texts.length };
    }
  } else if (projections.some(({ readsTexts }) => readsTexts)) {
    for await (const batch of batchesAs('both')) yield takenApart(batch);
  } else {
    for await (const batch of batchesAs('events')) yield { ...batch, texts: [], count: batch.events.length };
  }
}

const takenApart = ({ events: texts, position, caughtUp }: EventBatch<ReadTextEvent>): FeedBatch => {
  const events: RecordedEvent[] = [];
  const parked: StreamParked[] = [];
  for (const { read } of texts) {
    if (read instanceof StreamParked) parked.push(read);
    else if (read !== undefined) events.push(read);
  }
  return { events, parked, texts, position, caughtUp, count: texts.length };
};

/**
 * Puts small batches together until they have so many events or the end of the log is reached. EventStoreDB hands out
 * a few events at a time, and each batch costs most read models a statement.
 */
export async function* wholeBatches(
  batches: AsyncIterable<FeedBatch>,
  atLeast: number,
): AsyncGenerator<FeedBatch, void, undefined> {
  let held: FeedBatch[] = [];
  let count = 0;
  for await (const batch of batches) {
    held.push(batch);
    count += batch.count;
    if (count < atLeast && !batch.caughtUp) continue;
    yield joined(held, batch);
    [held, count] = [[], 0];
  }
  const last = held.at(-1);
  if (last !== undefined) yield joined(held, last);
}

const joined = (batches: readonly FeedBatch[], last: FeedBatch): FeedBatch =>
  batches.length === 1
    ? last
    : {
        events: batches.flatMap(({ events }) => events),
        texts: batches.flatMap(({ texts }) => texts),
        parked: batches.flatMap(({ parked }) => parked),
        position: last.position,
        caughtUp: last.caughtUp,
        count: batches.reduce((sum, { count }) => sum + count, 0),
      };

/** The events of a batch that are after this position. */
export const eventsAfter = (position: Position | undefined, { events, texts }: ProjectedEvents): ProjectedEvents => ({
  events: after(position, events),
  texts: after(position, texts),
});

/** How many of these events a projection takes. */
export const countFor = ({ readsTexts }: Pick<Projection, 'readsTexts'>, { events, texts }: ProjectedEvents): number =>
  readsTexts ? texts.length : events.length;

const after = <E extends { readonly position: Position }>(
  position: Position | undefined,
  events: readonly E[],
): readonly E[] => {
  const [first] = events;
  if (position === undefined || first === undefined || comparePositions(first.position, position) > 0) return events;
  return events.filter((event) => comparePositions(event.position, position) > 0);
};
