import type { ClientBase } from 'pg';
import { checkCheckpoint } from '../event-store/identity.ts';
import { comparePositions, type EventStore, type Position } from '../event-store/port.ts';
import type { World } from '../world.ts';
import { type EventBatch, eventBatches } from './batches.ts';
import { advanced, beginBatch, moveCheckpoints } from './checkpoints.ts';
import { noteParked } from './parked.ts';
import type { ActiveState, Generation } from './registry.ts';

/** Generations that share one subscription, so that an event is read and decoded once for all of them. */
export type SharedSubscription = {
  readonly store: EventStore;
  readonly logId: string;
  readonly client: ClientBase;
  readonly world: Pick<World, 'timers'>;
  readonly state: ActiveState;
  readonly maxEvents: number;
  readonly signal: AbortSignal;
  /** Called after each batch; returns the generations to go on with, none ends the shared. */
  afterBatch(generations: readonly Generation[], batch: EventBatch): Promise<readonly Generation[]>;
};

/** How long a checkpoint waits that moves over nothing of these projections. */
const QUIET_MS = 50;

/**
 * Feeds the generations from the log until the signal aborts.
 * @throws UnreadableEvent, LogMismatch, GenerationMoved, and what Postgres says
 */
export const runSharedSubscription = async (
  shared: SharedSubscription,
  start: readonly Generation[],
): Promise<void> => {
  const { store, logId, world, state, maxEvents, signal } = shared;
  for (const { projection, checkpoint } of start) {
    if (checkpoint.lastEvent === undefined) continue;
    const reader = `the ${state} read model ${projection.name}`;
    await checkCheckpoint(store, { reader, logId, checkpoint: checkpoint.lastEvent });
  }
  const streamPrefixes = [...new Set(start.flatMap(({ projection }) => projection.streamPrefixes))];
  const after = start.map(({ checkpoint }) => checkpoint.position).reduce(earlier);
  const pause = () => world.timers.sleep(QUIET_MS, signal);
  const subscribe = (until: AbortSignal) => store.subscribe({ after, streamPrefixes, signal: until });

  let generations = start;
  for await (const batch of eventBatches({ subscribe, maxEvents, pause, signal })) {
    if (signal.aborted) return;
    generations = await shared.afterBatch(await applyBatch(shared, generations, batch), batch);
    if (generations.length === 0) return;
  }
};

const earlier = (a: Position | undefined, b: Position | undefined): Position | undefined =>
  a === undefined || b === undefined ? undefined : comparePositions(a, b) <= 0 ? a : b;

/** Rows and checkpoints commit together. Events at or before a generation's checkpoint were applied and are dropped. */
const applyBatch = async (
  { client, state, logId }: SharedSubscription,
  generations: readonly Generation[],
  batch: EventBatch,
): Promise<readonly Generation[]> => {
  const moves = generations.map((from) => ({
    from,
    to: advanced(from.checkpoint, batch, logId),
    write: from.projection.project(unseen(from, batch)),
  }));
  const moving = moves.filter(({ from, to }) => from.checkpoint.position !== to.position);
  if (moving.length === 0) return generations;
  // Sent together and answered in this order, so that the first failure is the reason of the others: the checkpoints
  // go before the rows, since the tables of a generation that was swapped may be gone.
  const sent = [
    client.query(beginBatch(batch)),
    moveCheckpoints(client, moving, state),
    ...(batch.parked.length > 0 ? [noteParked(client, batch.parked, logId)] : []),
    ...moving.map(async ({ from, write }) => write?.(client, from.schema)),
  ];
  for (const each of sent) each.catch(() => {});
  try {
    for (const each of sent) await each;
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK').catch(() => {});
    throw error;
  }
  return moves.map(({ from, to }) => ({ ...from, checkpoint: to }));
};

const unseen = ({ checkpoint: { position } }: Generation, { events }: EventBatch): EventBatch['events'] => {
  const [first] = events;
  if (position === undefined || first === undefined || comparePositions(first.position, position) > 0) return events;
  return events.filter((event) => comparePositions(event.position, position) > 0);
};
