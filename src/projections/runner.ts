import { EventEmitter } from 'node:events';
import { openSession, probe } from '../db/session.ts';
import { defined } from '../domain/defined.ts';
import { type Backoff, backoffMs } from '../runtime/retry.ts';
import { allProjections } from './all.ts';
import type { FeedBatch } from './batches.ts';
import { REBUILD_CHANNEL } from './builds.ts';
import { AWAITED_CHANNEL } from './checkpoints.ts';
import { failureMessage, GenerationMoved, isPermanent } from './failures.ts';
import { follow } from './follow.ts';
import { createFlushableSleep, waitForEnds, waitForTexts } from './gathering.ts';
import type { ActiveState, Projection } from './projection.ts';
import { ensureLive, takeLocks } from './registry.ts';
import { runBuilding } from './run-building.ts';
import {
  createProjectionStatusBoard,
  type FeedContext,
  onRequest,
  type ProjectionStatus,
  type Run,
  type RunnerOptions,
} from './status.ts';

export type ProjectionRunner = {
  /** Returns the state of each projection in this process. */
  status(): ProjectionStatus[];
  /** Stops after the running batch and releases the projections to standby processes. */
  stop(): Promise<void>;
};

// Folding and writing a batch blocks the event loop of the process, so batches are limited.
const MAX_EVENTS = 6_000;

/** Statements of a rebuild are larger and no request waits for them, so they can take longer. */
const TIMEOUT_MS = { live: 20_000, building: 300_000 };

/** Runs every projection that no other process runs, and builds the requested generations. */
export const startProjections = (options: RunnerOptions): ProjectionRunner => {
  const { projections = allProjections, onStatus = () => {} } = options;
  const stopping = new AbortController();
  const board = createProjectionStatusBoard(options.world.clock, projections, onStatus);
  const context: FeedContext = {
    maxEvents: MAX_EVENTS,
    timeoutMs: TIMEOUT_MS,
    ...options,
    projections,
    onStatus,
    board,
    requests: new EventEmitter().setMaxListeners(0),
    signal: stopping.signal,
  };
  // Read models of texts commit separately and seldom, since no request waits for them. A build reads the log once for all.
  const groups = [
    projections.filter(({ readsTexts }) => !readsTexts),
    projections.filter(({ readsTexts }) => readsTexts),
  ].filter((group) => group.length > 0);
  const running = Promise.all([
    ...groups.map((group) => supervise(context, 'live', group)),
    supervise(context, 'building', projections),
  ]);
  return {
    status: board.all,
    stop: async () => {
      stopping.abort();
      await running;
    },
  };
};

const RETRY: Backoff = { firstMs: 100, longestMs: 5_000 };

/**
 * Keeps projections running. After an outage it retries. A permanent failure stops only the projection that it
 * concerns: until then the projections share one subscription, and afterwards each has its own.
 */
const supervise = async (
  context: FeedContext,
  state: ActiveState,
  projections: readonly Projection[],
): Promise<void> => {
  const { signal, world, databaseUrl, timeoutMs, board } = context;
  const names = projections.map(({ name }) => name);
  let failures = 0;
  const progress = () => {
    if (failures > 0) world.log.info({ projections: names, state }, 'projections continue');
    failures = 0;
  };
  while (!signal.aborted) {
    let run: Run | undefined;
    try {
      const session = await openSession({
        databaseUrl,
        name: `carillon projections ${state}`,
        timeoutMs: timeoutMs[state],
      });
      run = { context, session, state, projections, progress };
      await (state === 'live' ? runLive(run) : runBuilding(run));
    } catch (error) {
      if (signal.aborted) return;
      const isFinal = isPermanent(error);
      if (isFinal && projections.length > 1) {
        await run?.session.close();
        await Promise.all(projections.map((projection) => supervise(context, state, [projection])));
        return;
      }
      const why = failureMessage(run?.session.lost.aborted ? run.session.lost.reason : error);
      const fields = { projections: names, state, error: why };
      if (isFinal && run) await recordStop(run, why);
      if (state === 'live')
        for (const each of projections) board.set(each, { state: isFinal ? 'stopped' : 'retrying', why });
      if (isFinal) {
        world.log.error(fields, 'a projection stopped: it skips no events and waits for a matching version or log');
        return;
      }
      failures += 1;
      // Only the first failure of an outage is a warning.
      world.log[failures === 1 ? 'warn' : 'debug']({ ...fields, failures }, 'projections are delayed and will retry');
      await world.timers.sleep(backoffMs(failures, RETRY), signal);
    } finally {
      await run?.session.close();
    }
  }
};

/**
 * Records the stop in the database for other processes: with the generation, or if none could be created, in a row of
 * its own. This process does not depend on it, so failures are ignored.
 */
const recordStop = async ({ session, state, projections }: Run, why: string): Promise<void> => {
  const names = projections.map(({ name }) => name);
  const shapes = projections.map(({ shape }) => shape);
  const because = why.replaceAll('\0', '');
  await session.client
    .query(
      `UPDATE projection_generations AS kept SET stopped_at = now(), stopped_because = $3
       FROM unnest($1::text[], $2::text[]) AS stopped (name, shape)
       WHERE kept.projection = stopped.name AND kept.shape = stopped.shape AND kept.state IN ($4, 'failed')`,
      [names, shapes, because, state],
    )
    .catch(() => {});
  if (state !== 'live') return;
  await session.client
    .query(
      `INSERT INTO projection_generations (projection, generation, shape, state, stopped_at, stopped_because)
       SELECT name, 1 + coalesce((SELECT max(generation) FROM projection_generations WHERE projection = name), 0), shape,
         'failed', now(), $3
       FROM unnest($1::text[], $2::text[]) AS stopped (name, shape)
       WHERE NOT EXISTS (
         SELECT FROM projection_generations AS kept
         WHERE kept.projection = name AND kept.shape = stopped.shape AND kept.state IN ('live', 'failed')
       )`,
      [names, shapes, because],
    )
    .catch(() => {});
};

/** How often a standby process checks for projections without a runner. */
const STANDBY_POLL_MS = 1_000;
const AFTER_MOVE_MS = 20;

const readOnlyTexts = (projections: readonly Projection[]): boolean =>
  projections.every(({ readsTexts }) => readsTexts);

/** Applies events to the live generations that no other process runs, until the signal aborts. */
const runLive = async (run: Run): Promise<void> => {
  const { context, session, projections, progress } = run;
  const { signal, board, world } = context;
  const { client, lost } = session;
  const until = AbortSignal.any([signal, lost]);
  const { flush, sleep } = createFlushableSleep(world.timers, until);
  onRequest(run, AWAITED_CHANNEL, flush);
  if (!readOnlyTexts(projections) || readOnlyTexts(context.projections)) {
    client.on('notification', ({ channel }) => context.requests.emit(channel));
    await client.query(`LISTEN ${AWAITED_CHANNEL}; LISTEN ${REBUILD_CHANNEL}`);
  }
  void probe(session, world.timers, until);
  const waitFor = readOnlyTexts(projections) ? waitForTexts : waitForEnds;
  const gathering = { waitMs: waitFor(context.maxEvents), sleep };
  const show = (held: Iterable<Projection>, { position, caughtUp, events, texts }: FeedBatch): void => {
    const recordedMs = (events.at(-1) ?? texts.at(-1))?.recordedAt;
    const change = defined({ position, caughtUp: caughtUp || undefined, recordedMs });
    for (const each of held) board.set(each, change);
  };

  let held: ReadonlySet<Projection> = new Set();
  while (!signal.aborted) {
    lost.throwIfAborted();
    held = await takeLocks(client, projections, { state: 'live', held });
    for (const each of projections) board.set(each, { state: held.has(each) ? 'running' : 'standby' });
    if (held.size === 0) {
      progress();
      await world.timers.sleep(STANDBY_POLL_MS, until, 'look');
      continue;
    }
    // While others are not held, it stops periodically to try to take them.
    const leaving = new AbortController();
    const cancelPoll =
      held.size < projections.length ? world.timers.after(STANDBY_POLL_MS, () => leaving.abort()) : () => {};
    try {
      const generations = await ensureLive(client, [...held]);
      const onBatch = (batch: FeedBatch): void => {
        progress();
        show(held, batch);
      };
      const stopping = AbortSignal.any([until, leaving.signal]);
      await follow({ run, gathering, signal: stopping, onBatch }, generations);
    } catch (error) {
      if (!(error instanceof GenerationMoved)) throw error;
      world.log.info({ reason: error.message }, 'projections check again for their live generations');
      await world.timers.sleep(AFTER_MOVE_MS, until);
    } finally {
      cancelPoll();
    }
  }
};
