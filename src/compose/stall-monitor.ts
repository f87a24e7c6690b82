import { toMs } from '../domain/values.ts';
import type { Engine } from '../engine/engine.ts';
import type { Position } from '../event-store/port.ts';
import { createProgress, type Progress } from '../event-store/progress.ts';
import type { ProjectionRunner } from '../projections/runner.ts';
import type { Publisher } from '../publisher/publisher.ts';
import { poll } from '../runtime/poll.ts';
import { type HealthIssue, toHealthIssue } from './health-issues.ts';
import type { Shared } from './shared.ts';

/** The parts of this process that are running without progress. */
export type Stalls = { all(): HealthIssue[]; stop(): void };

type LogReader = {
  /** Name for users. */
  readonly component: string;
  readonly isReading: boolean;
  readonly position: Position | undefined;
};

type Watched = {
  /** The parts of this process that read the whole log. */
  readonly readers: () => readonly LogReader[];
  /** Since when this process's engine has stalled (common time, epoch ms); `undefined` if it has not. */
  readonly engineSinceMs: (() => number | undefined) | undefined;
};

/** The readers of the log in this process: its projections and its publisher. */
export const readersOf = (projections: ProjectionRunner | undefined, publisher: Publisher | undefined): LogReader[] => {
  const publishing = publisher?.status();
  return [
    ...(projections?.status() ?? []).map(({ name, state, position }) => ({
      component: `projection ${name}`,
      isReading: state === 'running',
      position,
    })),
    ...(publishing === undefined
      ? []
      : [{ component: 'publisher', isReading: publishing.state === 'publishing', position: publishing.position }]),
  ];
};

/** Returns since when an engine has stalled (common time, epoch ms); `undefined` if it has not. */
export const stallOf =
  (engine: Engine): (() => number | undefined) =>
  () => {
    const { state, sinceMs } = engine.status();
    return state === 'stalled' || state === 'failed' ? sinceMs : undefined;
  };

const POLL_INTERVAL_MS = 5_000;
const STILL_AFTER_MS = 15_000;

/** Checks every 5 s whether the log responds, and whether its readers in this process advance towards its end. */
export const watchStalls = ({ store, world, metrics }: Shared, { readers, engineSinceMs }: Watched): Stalls => {
  const { clock, timers, log } = world;
  const stopping = new AbortController();
  const progresses = new Map<string, Progress>();
  let silentSinceMs: number | undefined;

  const lookAtReaders = async (): Promise<void> => {
    const end = await store.end();
    const atMs = clock.monotonic();
    for (const { component, isReading, position } of readers()) {
      const progress = progresses.get(component) ?? createProgress();
      if (isReading) progresses.set(component, progress);
      else progresses.delete(component);
      progress.look({ reached: position, end, atMs });
    }
  };

  const look = async (): Promise<void> => {
    silentSinceMs ??= clock.monotonic();
    try {
      await lookAtReaders();
      silentSinceMs = undefined;
    } catch (error) {
      log.debug({ error }, 'could not read the end of the log');
    }
  };

  const all = (): HealthIssue[] => {
    const nowMs = clock.monotonic();
    const found = [
      { component: 'log', why: 'it does not respond', sinceMs: silentSinceMs },
      ...[...progresses].map(([component, progress]) => ({
        component,
        why: 'it does not reach the end of the log',
        sinceMs: progress.stillSinceMs(),
      })),
    ];
    return found.flatMap(({ component, why, sinceMs }) =>
      sinceMs === undefined || nowMs - sinceMs <= STILL_AFTER_MS
        ? []
        : [toHealthIssue(component, { sinceMs: Math.round(clock.now() - (nowMs - sinceMs)), why })],
    );
  };

  const secondsOf = (what: RegExp): number =>
    Math.max(
      0,
      ...all().flatMap((each) => (what.test(each.component) ? [(clock.now() - toMs(each.since)) / 1_000] : [])),
    );
  metrics.gauge('carillon_log_silent_seconds', () => secondsOf(/^log$/));
  if (readers().length > 0) {
    metrics.gauge('carillon_readers_stalled_seconds', () => secondsOf(/^(?!log$)/));
  }
  if (engineSinceMs !== undefined) {
    metrics.gauge('carillon_engine_stalled_seconds', () => {
      const sinceMs = engineSinceMs();
      return sinceMs === undefined ? 0 : Math.max(0, clock.now() - sinceMs) / 1_000;
    });
  }

  void poll(look, { timers, everyMs: POLL_INTERVAL_MS, signal: stopping.signal });
  return { all, stop: () => stopping.abort() };
};
