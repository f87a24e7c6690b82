import { comparePositions, type EventStore, type Position } from '../../event-store/port.ts';
import type { ProjectionRunner } from '../../projections/runner.ts';
import type { Clock, Runtime } from '../../runtime/runtime.ts';
import { type TimeLimit, withTimeout } from '../../runtime/timeout.ts';
import type { Metrics } from '../../telemetry/metrics.ts';

/** Registers how often these readers of the log had to begin again, and returns what counts one. */
export const countRestarts = (metrics: Metrics, readers: readonly string[]): ((reader: string) => void) => {
  const count = metrics.counter('carillon_subscription_restarts_total');
  for (const reader of readers) count({ reader }, 0);
  return (reader) => count({ reader });
};

type ProjectionMetrics = {
  readonly projections: ProjectionRunner;
  readonly logEnd: LogEnd;
  /** Positions of this log count its events. */
  readonly countsEvents: boolean;
  readonly metrics: Metrics;
  readonly clock: Clock;
};

/**
 * Registers which projections this process runs, and how far they are behind the log. Of those that another process runs
 * it shows no lag.
 */
export const showProjections = (deps: ProjectionMetrics): void => {
  const { projections, logEnd, countsEvents, metrics, clock } = deps;
  const lagOf = createLag();
  metrics.gauges('carillon_projection_running', () =>
    projections.status().map(({ name, state }) => labelled(name, state === 'running' ? 1 : 0)),
  );
  metrics.gauges('carillon_projection_lag_seconds', async () => {
    const end = await logEnd();
    return projections.status().flatMap(({ name, state, position, recordedMs }) => {
      if (state === 'standby' || position === undefined) return [];
      return [labelled(name, lagOf({ reader: name, position, recordedMs, end, nowMs: clock.now() }))];
    });
  });
  if (!countsEvents) return;
  metrics.gauges('carillon_projection_lag_events', async () => {
    const end = await logEnd();
    return projections
      .status()
      .flatMap(({ name, state, position }) =>
        state === 'standby' || position === undefined ? [] : [labelled(name, eventsBehind(position, end))],
      );
  });
};

const labelled = (projection: string, value: number) => ({ labels: { projection }, value });

/** How far a reader of the log had got, and how far it could have. */
type LagInput = {
  readonly reader: string;
  /** Read after the end of the log. */
  readonly position: Position;
  /** When the last event that it handled was recorded, epoch ms; undefined before the first. */
  readonly recordedMs: number | undefined;
  readonly end: Position | undefined;
  readonly nowMs: number;
};

/**
 * Makes the function that gives the lag of readers in seconds: everything older has been handled. A reader that is
 * behind has handled what was recorded up to its last event, and what there was when it was last found at the end. So the
 * lag of a reader that comes to rest is exact to the time between two scrapes.
 */
export const createLag = (): ((input: LagInput) => number) => {
  const atEndMs = new Map<string, number>();
  return ({ reader, position, recordedMs = 0, end, nowMs }) => {
    if (eventsBehind(position, end) === 0) {
      atEndMs.set(reader, nowMs);
      return 0;
    }
    const handledUntilMs = Math.max(recordedMs, atEndMs.get(reader) ?? 0);
    return handledUntilMs === 0 ? Number.NaN : Math.max(0, nowMs - handledUntilMs) / 1_000;
  };
};

/** How many events the log has after a position, where positions count events, as in Postgres. */
export const eventsBehind = (position: Position, end: Position | undefined): number =>
  end === undefined || comparePositions(position, end) >= 0 ? 0 : Number(BigInt(end) - BigInt(position));

/** Reads the end of the log for a scrape. @throws where the log does not answer in time */
export type LogEnd = () => Promise<Position | undefined>;
/** A scrape waits for the log no longer than this. */
const TIMEOUT_MS = 3_000;
const LIMIT: TimeLimit<never> = {
  limitMs: TIMEOUT_MS,
  late: () => {
    throw new Error(`the log did not respond within ${TIMEOUT_MS} ms`);
  },
};
/** The metrics of one scrape share one reading. */
const FRESH_MS = 500;

export const createLogEnd = ({ store, world }: { readonly store: EventStore; readonly world: Runtime }): LogEnd => {
  let reading: { readonly atMs: number; readonly end: Promise<Position | undefined> } | undefined;

  return () => {
    const nowMs = world.clock.monotonic();
    if (reading === undefined || nowMs - reading.atMs > FRESH_MS)
      reading = { atMs: nowMs, end: withTimeout(world.timers, LIMIT, store.end()) };
    return reading.end;
  };
};
