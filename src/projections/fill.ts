import type pg from 'pg';
import { inTransaction, openSession } from '../db/session.ts';
import type { Position } from '../event-store/port.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { advanced, BEGIN_BATCH, moveCheckpoints, PLAN_ROWS } from './checkpoints.ts';
import { countFor, eventsAfter, feedBatches, wholeBatches } from './feed-batches.ts';
import { recordParked } from './parked.ts';
import type { BufferedChanges, ChangeBuffer } from './projection.ts';
import type { Generation } from './registry.ts';
import { beginGenerations, checkStarts, type SharedSubscription } from './shared-subscription.ts';
import type { FeedContext } from './status.ts';
import { createYielder } from './yielder.ts';

export type FillProgress = {
  /** Events that were read since the fill began. */
  readonly events: number;
  /** Where reading has come to; what is written may be a little behind. */
  readonly position: Position;
  /** When the last event read was recorded, epoch ms. */
  readonly recordedMs: number | undefined;
};

type FillOptions = Omit<SharedSubscription, 'afterBatch' | 'client' | 'world'> & {
  readonly world: Pick<Runtime, 'clock'>;
  /** A connection that does not pipeline statements. */
  readonly client: pg.Client;
  readonly onProgress: (progress: FillProgress) => void;
};

/** A generation that is being filled. Its checkpoint is what is written; `reached` is what is folded. */
type Lane = {
  generation: Generation;
  reached: Generation['checkpoint'];
  /** Events that are folded and not written. */
  eventCount: number;
  readonly gathering: ChangeBuffer;
};

/**
 * Fills generations up to the end of the log, as fast as that goes: changes are gathered in memory over many events, and
 * rows that the tables do not have yet are copied. While some are written, the next are being read. Each generation has
 * its rows and its checkpoint written in one transaction, at a time of its own, so that a killed process leaves what
 * another goes on from.
 * @returns the generations, with their new checkpoints; they are not at the end of the log if the signal aborted
 * @throws UnreadableEvent, LogMismatch, GenerationMoved and errors of Postgres
 */
const fill = async (options: FillOptions, start: readonly Generation[]): Promise<readonly Generation[]> => {
  const { store, logId, state, signal, onProgress } = options;
  await checkStarts(options, start);
  const client = oneByOne(options.client);
  await beginGenerations(client, store, start);
  const lanes: Lane[] = [];
  for (const generation of start) {
    const gathering = await generation.projection.gather({ client, schema: generation.schema, state });
    lanes.push({ generation, reached: generation.checkpoint, eventCount: 0, gathering });
  }
  const others = createYielder(options.world.clock);
  const writer = oneWriteAhead();
  let events = 0;
  try {
    for await (const batch of wholeBatches(feedBatches(start, options), options.maxEvents)) {
      if (signal.aborted) break;
      if (batch.parked.length > 0) await writer.run(() => recordParked(client, batch.parked, logId));
      for (const lane of lanes) {
        const events = eventsAfter(lane.reached.position, batch);
        await others.haveTheirTurn();
        lane.gathering.add(events);
        lane.eventCount += countFor(lane.generation.projection, events);
        lane.reached = advanced(lane.reached, batch, logId);
        if (lane.gathering.isFull()) await writer.run(writeOf(client, lane, state));
      }
      events += batch.count;
      onProgress({
        events,
        position: batch.position,
        recordedMs: (batch.events.at(-1) ?? batch.texts.at(-1))?.recordedAt,
      });
      if (batch.caughtUp) break;
    }
    // Also what was folded before the signal aborted.
    for (const lane of lanes) await writer.run(writeOf(client, lane, state));
  } finally {
    await writer.end();
  }
  return lanes.map(({ generation }) => generation);
};

/** Runs writes one after another: `run` starts one once that before it is done, and does not wait for it. */
const oneWriteAhead = () => {
  let running: Promise<void> = Promise.resolve();
  return {
    run: async (write: () => Promise<void>): Promise<void> => {
      await running;
      running = write();
      // The next `await` of it throws the error.
      running.catch(() => {});
    },
    end: (): Promise<void> => running,
  };
};

const UNIQUE_VIOLATION = '23505';
/** Whether a row that was to be copied is there already. */
const isThere = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === UNIQUE_VIOLATION;

/** Takes what a lane holds, and returns what writes it together with the checkpoint. */
const writeOf = (client: pg.Client, lane: Lane, state: SharedSubscription['state']): (() => Promise<void>) => {
  const gathered = lane.gathering.take();
  const { reached: to, generation: from, eventCount } = lane;
  lane.generation = { ...from, checkpoint: to };
  lane.eventCount = 0;
  if (gathered === undefined && from.checkpoint.position === to.position) return async () => {};
  const commit = (write: BufferedChanges['write'] | undefined) =>
    inTransaction(
      client,
      async () => {
        await moveCheckpoints(client, [{ from, to, eventCount, changesRows: gathered !== undefined }], state);
        await client.query(PLAN_ROWS);
        await write?.(client, from.schema);
      },
      BEGIN_BATCH,
    );
  return async () => {
    try {
      await commit(gathered?.fill);
    } catch (error) {
      if (!isThere(error)) throw error;
      await commit(gathered?.write);
    }
  };
};

type FillApartOptions = FeedContext & Pick<FillOptions, 'state' | 'signal' | 'onProgress'>;

/** Fills generations over a connection of their own: one that copies rows can send nothing else meanwhile. */
export const fillSeparately = async (
  options: FillApartOptions,
  generations: readonly Generation[],
): Promise<readonly Generation[]> => {
  const { databaseUrl, answerMs, state } = options;
  const name = `carillon projections fill ${state}`;
  const session = await openSession({ databaseUrl, name, answerMs: answerMs[state], copies: true });
  try {
    return await fill({ ...options, client: session.client, maxEvents: FILL_EVENTS }, generations);
  } finally {
    await session.close();
  }
};

/** Events that are read and decoded at once, which then are held until they are folded. */
const FILL_EVENTS = 500;

/**
 * Returns the same client, but it sends a statement only once the one before it was answered, as a connection must that
 * copies rows. A statement that is a stream is sent at once: the caller waits before and after it.
 */
export const oneByOne = (client: pg.Client): pg.Client => {
  let last: Promise<unknown> = Promise.resolve();
  const query = (...statement: readonly unknown[]): unknown => {
    const [first] = statement;
    const send = () => Reflect.apply(client.query, client, statement);
    if (typeof first === 'object' && first !== null && 'submit' in first) return send();
    const answer = last.then(send);
    last = answer.catch(() => {});
    return answer;
  };
  return new Proxy(client, { get: (target, key) => (key === 'query' ? query : Reflect.get(target, key, target)) });
};
