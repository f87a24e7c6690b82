import type { ClientBase } from 'pg';
import { inTransaction, openSession, type Session } from '../db/session.ts';
import type { StreamParked } from '../event-store/errors.ts';
import { checkCheckpoint } from '../event-store/identity.ts';
import { eventsAfter, type FeedBatch, feedBatches } from './batches.ts';
import {
  advanced,
  BEGIN_BATCH,
  type CheckpointMove,
  moveCheckpoints,
  PLAN_ROWS,
  PLANNED_ABOVE,
} from './checkpoints.ts';
import type { Gathering } from './gathering.ts';
import { recordParked } from './parked.ts';
import type { ActiveState, BufferedChanges, ChangeBuffer } from './projection.ts';
import type { Generation } from './registry.ts';
import type { Run } from './status.ts';
import { createYielder, type Yielder } from './yielder.ts';

export type Following = {
  readonly run: Run;
  readonly gathering: Gathering;
  readonly signal: AbortSignal;
  /** Called after each batch. While the generations are far behind, some of it may not be written yet. */
  onBatch(batch: FeedBatch, isFarBehind: boolean): void;
  /** Called with the generations when they are at the end of the log. Returns those to continue with; if absent, all. */
  onCaughtUp?(generations: readonly Generation[]): Promise<readonly Generation[]>;
};

/** Events to fold without yielding to other work of this thread. */
const FOLDED_AT_ONCE = 500;
/** Number of consecutive full batches after which live generations count as far behind. */
const FULL_BATCHES = 4;

/**
 * Applies the log to generations until the signal aborts, or until `onCaughtUp` leaves none of them. They share one
 * subscription, so that each event is read and decoded once.
 *
 * Near the end of the log, one transaction writes each batch for all of the generations before the next batch is taken.
 * Far behind, each generation holds its changes in memory until they are many. They are copied over a connection of their
 * own while the next events are read. A generation that is being built begins far behind.
 *
 * Rows and their checkpoint are always written in one transaction, so after a failure the log delivers the missing events
 * again.
 * @throws UnreadableEvent, LogMismatch, GenerationMoved and errors of Postgres
 */
export const follow = async (following: Following, start: readonly Generation[]): Promise<void> => {
  const { run, gathering, signal } = following;
  const { context, session, state } = run;
  const { store, logId } = context;
  // A build holds many changes in memory, and larger batches would not make it faster.
  const maxEvents = state === 'building' ? Math.min(context.maxEvents, FOLDED_AT_ONCE) : context.maxEvents;
  await checkStarts(run, start);
  await beginGenerations(run, start);
  const yielder = createYielder(context.world.clock);
  let lanes = start.map((generation) => createLane(generation, { logId, yielder }));
  let copying = state === 'building' ? await openCopying(run) : undefined;
  let fullBatches = 0;
  let writing = Promise.resolve();

  /** Begins to write after the previous write. */
  const write = async (due: readonly Lane[], parked: readonly StreamParked[]): Promise<void> => {
    const moves = due.map((lane) => lane.take()).filter(({ from, to }) => from.checkpoint.position !== to.position);
    if (moves.length + parked.length === 0) return;
    await writing;
    writing = copying
      ? copyMoves(copying.client, { moves, parked, logId, state })
      : writeMoves(session.client, { moves, parked, logId, state });
    // The next `await` of it throws the error.
    writing.catch(() => {});
  };
  /** Far behind, each generation has a transaction of its own, and its changes are released after it. */
  const writeEach = async (due: readonly Lane[], parked: readonly StreamParked[]): Promise<void> => {
    if (copying === undefined) return await write(due, parked);
    await write([], parked);
    for (const lane of due) await write([lane], []);
  };

  try {
    for await (const batch of feedBatches(start, store, { maxEvents, gathering, signal })) {
      if (signal.aborted) break;
      for (const lane of lanes) await lane.add(batch);
      const isFarBehind = copying !== undefined;
      const due = isFarBehind && !batch.caughtUp ? lanes.filter((lane) => lane.isFull(state)) : lanes;
      await writeEach(due, batch.parked);
      if (!isFarBehind || batch.caughtUp) await writing;
      following.onBatch(batch, isFarBehind);

      if (batch.caughtUp) {
        await copying?.close();
        copying = undefined;
        const left = await following.onCaughtUp?.(lanes.map((lane) => lane.generation()));
        if (left !== undefined) lanes = lanes.filter((lane) => left.includes(lane.generation()));
        if (lanes.length === 0) return;
      }
      fullBatches = batch.caughtUp || batch.count < maxEvents ? 0 : fullBatches + 1;
      // A build counts its rows at the end of the log, and copied rows would not be counted after it.
      if (fullBatches === FULL_BATCHES && state === 'live') copying ??= await openCopying(run);
    }
    await writeEach(lanes, []);
    await writing;
  } finally {
    await writing.catch(() => {});
    await copying?.close();
  }
};

const openCopying = ({ context, state }: Run): Promise<Session> => {
  const { databaseUrl, timeoutMs } = context;
  const name = `carillon projections fill ${state}`;
  return openSession({ databaseUrl, name, timeoutMs: timeoutMs[state], copies: true });
};

/**
 * Checks that the log still holds the last event of each generation.
 * @throws LogMismatch
 */
const checkStarts = async ({ context, state }: Run, start: readonly Generation[]): Promise<void> => {
  const { store, logId } = context;
  for (const { projection, checkpoint } of start) {
    if (checkpoint.lastEvent === undefined) continue;
    const reader = `the ${state} read model ${projection.name}`;
    await checkCheckpoint(store, { reader, logId, checkpoint: checkpoint.lastEvent });
  }
};

/** Writes what comes before the log's first event to generations that are at the beginning. */
const beginGenerations = async ({ context, session }: Run, start: readonly Generation[]): Promise<void> => {
  for (const { projection, schema, checkpoint } of start) {
    if (checkpoint.position !== undefined || projection.begin === undefined) continue;
    await inTransaction(session.client, async () => projection.begin?.(session.client, schema, context.store));
  }
};

/** A checkpoint to move, with the changes of the events before it. */
type Move = CheckpointMove & { readonly changes: BufferedChanges | undefined };

/** A generation with the changes of events that are not written yet. */
type Lane = {
  /** The generation, with the checkpoint up to which changes were taken. */
  generation(): Generation;
  /** Adds the events of a batch that are after the checkpoint. */
  add(batch: FeedBatch): Promise<void>;
  isFull: ChangeBuffer['isFull'];
  take(): Move;
};

const createLane = (
  start: Generation,
  { logId, yielder }: { readonly logId: string; readonly yielder: Yielder },
): Lane => {
  const { projection } = start;
  const buffer = projection.buffer();
  let taken = start;
  let reached = start.checkpoint;
  let eventCount = 0;
  return {
    generation: () => taken,
    add: async (batch) => {
      const { events, texts } = eventsAfter(reached.position, batch);
      const count = projection.readsTexts ? texts.length : events.length;
      for (let from = 0; from < count; from += FOLDED_AT_ONCE) {
        const to = from + FOLDED_AT_ONCE;
        await yielder.yieldIfDue();
        buffer.add({ events: events.slice(from, to), texts: texts.slice(from, to) });
      }
      eventCount += count;
      reached = advanced(reached, batch, logId);
    },
    isFull: buffer.isFull,
    take: () => {
      const changes = buffer.take();
      const move = { from: taken, to: reached, eventCount, changesRows: changes !== undefined, changes };
      taken = { ...taken, checkpoint: reached };
      eventCount = 0;
      return move;
    },
  };
};

/** What one transaction writes. */
type Writing = {
  readonly moves: readonly Move[];
  readonly parked: readonly StreamParked[];
  readonly logId: string;
  readonly state: ActiveState;
};

/** Writes rows and checkpoints with pipelined statements. */
const writeMoves = async (client: ClientBase, { moves, parked, logId, state }: Writing): Promise<void> => {
  const eventCount = moves.reduce((most, move) => Math.max(most, move.eventCount), 0);
  // Checkpoints go before rows: if the generation was replaced, its tables may be gone, and the checkpoint gives the
  // clearer error.
  const results = await Promise.allSettled([
    client.query(BEGIN_BATCH),
    moveCheckpoints(client, moves, state),
    ...(eventCount > PLANNED_ABOVE ? [client.query(PLAN_ROWS)] : []),
    ...(parked.length > 0 ? [recordParked(client, parked, logId)] : []),
    ...moves.map(async ({ from, changes }) => changes?.write(client, from.schema)),
  ]);
  const failure = results.find((result) => result.status === 'rejected');
  if (failure === undefined) return void (await client.query('COMMIT'));
  await client.query('ROLLBACK').catch(() => {});
  throw failure.reason;
};

const UNIQUE_VIOLATION = '23505';
const isAlreadyThere = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === UNIQUE_VIOLATION;

/** Copies rows and writes checkpoints. If the table already contains a row, writes all rows the usual way. */
const copyMoves = async (client: ClientBase, { moves, parked, logId, state }: Writing): Promise<void> => {
  const commit = (writeRows: (move: Move) => Promise<void> | undefined): Promise<void> =>
    inTransaction(
      client,
      async () => {
        await moveCheckpoints(client, moves, state);
        await client.query(PLAN_ROWS);
        if (parked.length > 0) await recordParked(client, parked, logId);
        for (const move of moves) await writeRows(move);
      },
      BEGIN_BATCH,
    );
  try {
    await commit(({ from, changes }) => changes?.copy({ client, schema: from.schema, state }));
  } catch (error) {
    if (!isAlreadyThere(error)) throw error;
    await commit(({ from, changes }) => changes?.write(client, from.schema));
  }
};
