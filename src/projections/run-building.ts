import { PROBE_MS } from '../db/session.ts';
import type { Clock } from '../runtime/runtime.ts';
import type { FeedBatch } from './batches.ts';
import { REBUILD_CHANNEL, type ReadingProgress, recordReading } from './builds.ts';
import { GenerationMoved } from './failures.ts';
import { createBuildFinisher } from './finish-build.ts';
import { follow } from './follow.ts';
import { createFlushableSleep, waitForEvents } from './gathering.ts';
import { listParked, markReadable, readAgain } from './parked.ts';
import type { Projection } from './projection.ts';
import { dropRetired, ensureBuilding, findGenerations, type Generation, takeLocks } from './registry.ts';
import { onRequest, type Run } from './status.ts';

const STANDBY_POLL_MS = 1_000;

/**
 * Builds the requested generations beside the live ones and switches over to them, until the signal aborts. Continues what a
 * killed process left unfinished.
 */
export const runBuilding = async (run: Run): Promise<void> => {
  const { context, session, projections, progress } = run;
  const { signal, world, store, logId } = context;
  const { client, lost } = session;
  let requested = new AbortController();
  onRequest(run, REBUILD_CHANNEL, () => requested.abort());
  let held: ReadonlySet<Projection> = new Set();
  const stillParked = new Set<string>();
  while (!signal.aborted) {
    lost.throwIfAborted();
    requested = new AbortController();
    await dropRetired(client);
    const found = await findGenerations(client, projections, 'building');
    progress();
    const wanted = found.map(({ projection }) => projection);
    held = await takeLocks(client, wanted, { state: 'building', held });
    const generations = found.filter(({ projection }) => held.has(projection));
    const until = AbortSignal.any([signal, lost, requested.signal]);
    if (generations.length > 0) await build(run, until, generations);
    else if (found.length > 0) await world.timers.sleep(STANDBY_POLL_MS, until);
    else {
      const readable = await readAgain(store, await listParked(client, logId), stillParked);
      if (readable.length > 0) held = await takeLocks(client, projections, { state: 'building', held });
      if (readable.length === 0) await world.timers.sleep(PROBE_MS, until, 'look');
      // A process of another version builds and would skip these streams again.
      else if (held.size < projections.length) await world.timers.sleep(STANDBY_POLL_MS, until);
      else {
        for (const each of context.projections) if (!each.readsTexts) await ensureBuilding(client, each);
        await markReadable(client, readable, logId);
        world.log.info({ streams: readable }, 'parked streams can be read again; rebuilding projections with them');
      }
    }
  }
};

const build = async (run: Run, until: AbortSignal, start: readonly Generation[]): Promise<void> => {
  const { context, session, progress } = run;
  const { timers, clock } = context.world;
  const { sleep } = createFlushableSleep(timers, until);
  const finish = createBuildFinisher(run, until);
  const meter = createReadingMeter(clock, (reading) => {
    recordReading(session.client, start, reading).catch(() => {});
  });
  const onBatch = (batch: FeedBatch, isFarBehind: boolean): void => {
    progress();
    if (isFarBehind) meter(batch);
  };
  const onCaughtUp = async (generations: readonly Generation[]): Promise<readonly Generation[]> => {
    const unfinished: Generation[] = [];
    for (const generation of generations) if (!(await finish(generation))) unfinished.push(generation);
    return unfinished;
  };
  try {
    const gathering = { waitMs: waitForEvents, sleep };
    await follow({ run, gathering, signal: until, onBatch, onCaughtUp }, start);
  } catch (error) {
    if (!(error instanceof GenerationMoved)) throw error;
  }
};

/** How often progress is recorded. */
const RECORD_INTERVAL_MS = 500;

/** Records at most twice a second how fast the log is being read. */
const createReadingMeter = (clock: Clock, record: (reading: ReadingProgress) => void): ((batch: FeedBatch) => void) => {
  let first: { readonly atMs: number; readonly position: number } | undefined;
  let eventCount = 0;
  let recordedMs = 0;
  return ({ count, position }) => {
    const nowMs = clock.monotonic();
    if (first === undefined) first = { atMs: nowMs, position: Number(position) };
    else eventCount += count;
    if (nowMs - recordedMs < RECORD_INTERVAL_MS) return;
    recordedMs = nowMs;
    const seconds = Math.max(nowMs - first.atMs, 1) / 1_000;
    record({
      readTo: position,
      eventsPerSecond: eventCount / seconds,
      positionsPerSecond: (Number(position) - first.position) / seconds,
    });
  };
};
