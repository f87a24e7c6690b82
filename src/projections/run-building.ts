import { PROBE_MS, type Session } from '../db/session.ts';
import type { Clock } from '../runtime/runtime.ts';
import { type ReadingProgress, recordReading } from './builds.ts';
import { GenerationMoved } from './failures.ts';
import type { FeedBatch } from './feed-batches.ts';
import { type FillProgress, fillSeparately } from './fill.ts';
import { createBuildFinisher } from './finish-build.ts';
import { takeLocks } from './locks.ts';
import { listParked, markReadable, readAgain } from './parked.ts';
import type { Projection } from './projection.ts';
import { dropRetired, ensureBuilding, findGenerations, type Generation } from './registry.ts';
import { runSharedSubscription } from './shared-subscription.ts';
import type { FeedContext } from './status.ts';
import { supervise } from './supervise.ts';

/** The notification channel that announces a new generation to build. */
export const REBUILD_CHANNEL = 'carillon_rebuild';
const STANDBY_POLL_MS = 1_000;
/**
 * Builds the requested generations beside the live ones and swaps them in. Continues what a killed process left
 * unfinished.
 */
export const runBuilding = (context: FeedContext, projections: readonly Projection[]): Promise<void> =>
  supervise(context, {
    projections,
    state: 'building',
    work: (session, building, progress) =>
      work(context, session, { all: projections, projections: building, progress }),
    onFailure: () => {},
  });

type BuildingWork = {
  readonly all: readonly Projection[];
  readonly projections: readonly Projection[];
  readonly progress: () => void;
};

const work = async (context: FeedContext, session: Session, building: BuildingWork): Promise<void> => {
  const { signal, world, store, logId } = context;
  const { projections, progress } = building;
  const { client, lost } = session;
  let asked = new AbortController();
  client.on('notification', () => asked.abort());
  await client.query(`LISTEN ${REBUILD_CHANNEL}`);
  let held: ReadonlySet<Projection> = new Set();
  const stillParked = new Set<string>();
  while (!signal.aborted) {
    lost.throwIfAborted();
    asked = new AbortController();
    await dropRetired(client, projections);
    const found = await findGenerations(client, projections, 'building');
    progress();
    const wanted = found.map(({ projection }) => projection);
    held = await takeLocks(client, wanted, { state: 'building', held });
    const generations = found.filter(({ projection }) => held.has(projection));
    const until = AbortSignal.any([signal, lost, asked.signal]);
    if (generations.length > 0) await build(context, session, { generations, until, progress });
    else if (found.length > 0) await world.timers.sleep(STANDBY_POLL_MS, until);
    else {
      const readable = await readAgain(store, await listParked(client, logId), stillParked);
      if (readable.length > 0) held = await takeLocks(client, projections, { state: 'building', held });
      if (readable.length === 0) await world.timers.sleep(PROBE_MS, until, 'look');
      // A process of another release builds and would skip these streams again.
      else if (held.size < projections.length) await world.timers.sleep(STANDBY_POLL_MS, until);
      else {
        for (const each of building.all) if (!each.readsTexts) await ensureBuilding(client, each);
        await markReadable(client, readable, logId);
        world.log.info({ streams: readable }, 'parked streams can be read again; rebuilding projections with them');
      }
    }
  }
};

type BuildOptions = {
  readonly generations: readonly Generation[];
  readonly until: AbortSignal;
  readonly progress: () => void;
};

const build = async (context: FeedContext, session: Session, options: BuildOptions): Promise<void> => {
  const { maxEvents, world } = context;
  const { client } = session;
  const finisher = createBuildFinisher(context, session, options.until);
  const shared = {
    ...context,
    client,
    state: 'building',
    maxEvents: maxEvents.building,
    signal: options.until,
  } as const;

  const afterBatch = async (generations: readonly Generation[], { caughtUp }: FeedBatch) => {
    options.progress();
    if (!caughtUp) return generations;
    const unfinished: Generation[] = [];
    for (const generation of generations) if (!(await finisher.finish(generation))) unfinished.push(generation);
    return unfinished.length === 0 ? 'all built' : unfinished;
  };

  const meter = createReadingMeter(world.clock, (reading) => {
    recordReading(client, options.generations, reading).catch(() => {});
  });
  const onProgress = (progress: FillProgress): void => {
    options.progress();
    meter(progress);
  };
  try {
    const generations = await fillSeparately(
      { ...context, state: 'building', signal: options.until, onProgress },
      options.generations,
    );
    if (!options.until.aborted) await runSharedSubscription({ ...shared, afterBatch }, generations);
  } catch (error) {
    if (!(error instanceof GenerationMoved)) throw error;
  }
};

/** How often progress is reported. */
const TELL_MS = 500;

/** Tells at most twice a second how fast the log is being read. */
const createReadingMeter = (
  clock: Clock,
  tell: (reading: ReadingProgress) => void,
): ((progress: FillProgress) => void) => {
  let first: { readonly atMs: number; readonly position: number; readonly events: number } | undefined;
  let toldMs = 0;
  return ({ events, position }) => {
    const nowMs = clock.monotonic();
    first ??= { atMs: nowMs, position: Number(position), events };
    if (nowMs - toldMs < TELL_MS) return;
    toldMs = nowMs;
    const seconds = Math.max(nowMs - first.atMs, 1) / 1_000;
    tell({
      readTo: position,
      eventsPerSecond: (events - first.events) / seconds,
      positionsPerSecond: (Number(position) - first.position) / seconds,
    });
  };
};
