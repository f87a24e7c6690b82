import { StreamParked } from '../event-store/errors.ts';
import { comparePositions, type EventStore, type Position, type RecordedEvent } from '../event-store/port.ts';
import { readOf } from '../event-store/verbatim.ts';
import { type EventBatch, eventBatches } from './batches.ts';
import { earlier } from './checkpoints.ts';
import type { Projection } from './projection.ts';
import type { Generation } from './registry.ts';

/** A batch for generations that share a subscription. */
export type FeedBatch = EventBatch & {
  /** Its events verbatim, also those that this release cannot read; none where no generation reads texts. */
  readonly texts: readonly RecordedEvent[];
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
  const as = subscribedAs(projections);
  const after = generations.map(({ checkpoint }) => checkpoint.position).reduce(earlier);
  const subscribe = (until: AbortSignal) =>
    store.subscribe({ after, streamPrefixes, as, decodedAtOnce: maxEvents, signal: until });
  for await (const batch of eventBatches({
    subscribe,
    maxEvents,
    signal,
    ...(pause && { pause }),
    ...(rest && { rest }),
  })) {
    if (as === 'both') yield takenApart(batch);
    else yield { ...batch, texts: as === 'texts' ? batch.events : [], count: batch.events.length };
  }
}

const subscribedAs = (projections: readonly Projection[]): 'events' | 'texts' | 'both' => {
  if (projections.every(({ readsTexts }) => readsTexts)) return 'texts';
  return projections.some(({ readsTexts }) => readsTexts) ? 'both' : 'events';
};

const takenApart = ({ events: texts, position, caughtUp }: EventBatch): FeedBatch => {
  const events: RecordedEvent[] = [];
  const parked: StreamParked[] = [];
  for (const each of texts) {
    const read = readOf(each);
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

/** The events of a batch that a projection takes, and that are after this position. */
export const eventsAfter = (
  position: Position | undefined,
  { readsTexts }: Pick<Projection, 'readsTexts'>,
  { events, texts }: Pick<FeedBatch, 'events' | 'texts'>,
): readonly RecordedEvent[] => {
  const given = readsTexts ? texts : events;
  const [first] = given;
  if (position === undefined || first === undefined || comparePositions(first.position, position) > 0) return given;
  return given.filter((event) => comparePositions(event.position, position) > 0);
};
