import type { ClientBase } from 'pg';
import { inTransaction } from '../db/session.ts';
import { checkCheckpoint } from '../event-store/identity.ts';
import type { EventStore } from '../event-store/port.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { advanced, BEGIN_BATCH, moveCheckpoints, PLAN_ROWS, PLANNED_ABOVE } from './checkpoints.ts';
import { countFor, eventsAfter, type FeedBatch, feedBatches } from './feed-batches.ts';
import { recordParked } from './parked.ts';
import type { ActiveState } from './projection.ts';
import type { Generation } from './registry.ts';

/** Why a subscription ended by itself: generations have to be filled, or all are built. */
type SubscriptionEnd = 'far behind' | 'all built';

/** The setting of generations that share one subscription, so that each event is read and decoded only once. */
export type SharedSubscription = {
  readonly store: EventStore;
  readonly logId: string;
  readonly client: ClientBase;
  readonly world: Pick<Runtime, 'timers'>;
  readonly state: ActiveState;
  readonly maxEvents: number;
  /** See `eventBatches`. */
  readonly rest?: () => Promise<void>;
  readonly signal: AbortSignal;
  /** Called after each batch. Returns the generations to continue with, or why to end. */
  afterBatch(generations: readonly Generation[], batch: FeedBatch): Promise<readonly Generation[] | SubscriptionEnd>;
};

/** How long a batch without events waits for the next one. */
const QUIET_MS = 50;

/**
 * Applies the log to the generations until the signal aborts, or `afterBatch` ends it.
 * @returns why it ended; undefined if the signal aborted
 * @throws UnreadableEvent, LogMismatch, GenerationMoved and errors of Postgres
 */
export const runSharedSubscription = async (
  shared: SharedSubscription,
  start: readonly Generation[],
): Promise<SubscriptionEnd | undefined> => {
  const { store, world, signal } = shared;
  await checkStarts(shared, start);
  await beginGenerations(shared.client, store, start);
  const pause = () => world.timers.sleep(QUIET_MS, signal);

  let generations = start;
  for await (const batch of feedBatches(start, { ...shared, pause })) {
    if (signal.aborted) return undefined;
    const next = await shared.afterBatch(await applyBatch(shared, generations, batch), batch);
    if (typeof next === 'string') return next;
    generations = next;
  }
  return undefined;
};

/**
 * Checks that the log still holds the last event of each generation.
 * @throws LogMismatch
 */
export const checkStarts = async (
  { store, logId, state }: Pick<SharedSubscription, 'store' | 'logId' | 'state'>,
  start: readonly Generation[],
): Promise<void> => {
  for (const { projection, checkpoint } of start) {
    if (checkpoint.lastEvent === undefined) continue;
    const reader = `the ${state} read model ${projection.name}`;
    await checkCheckpoint(store, { reader, logId, checkpoint: checkpoint.lastEvent });
  }
};

/** Writes rows and checkpoints in one transaction. Events at or before the checkpoint of a generation are skipped. */
const applyBatch = async (
  { client, state, logId }: SharedSubscription,
  generations: readonly Generation[],
  batch: FeedBatch,
): Promise<readonly Generation[]> => {
  const moves = generations.map((from) => {
    const events = eventsAfter(from.checkpoint.position, batch);
    const to = advanced(from.checkpoint, batch, logId);
    const write = from.projection.project(events);
    return { from, to, eventCount: countFor(from.projection, events), changesRows: write !== undefined, write };
  });
  const moving = moves.filter(({ from, to }) => from.checkpoint.position !== to.position);
  if (moving.length === 0) return generations;
  // The statements are pipelined and answered in this order, so the first failure causes the others. Checkpoints go
  // before rows: if the generation was swapped, its tables may be gone, and the checkpoint gives the clearer error.
  const sent = [
    client.query(BEGIN_BATCH),
    moveCheckpoints(client, moving, state),
    ...(batch.count > PLANNED_ABOVE ? [client.query(PLAN_ROWS)] : []),
    ...(batch.parked.length > 0 ? [recordParked(client, batch.parked, logId)] : []),
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

/** Writes what comes before the log's first event to generations that are at the beginning. */
export const beginGenerations = async (
  client: ClientBase,
  store: EventStore,
  generations: readonly Generation[],
): Promise<void> => {
  for (const { projection, schema, checkpoint } of generations) {
    const { begin } = projection;
    if (begin === undefined || checkpoint.position !== undefined) continue;
    await inTransaction(client, () => begin(client, schema, store));
  }
};
