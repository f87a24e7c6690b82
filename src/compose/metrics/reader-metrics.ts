import { comparePositions, type EventStore, type Position } from '../../event-store/port.ts';
import type { ProjectionRunner } from '../../projections/runner.ts';
import type { Clock, Runtime } from '../../runtime/runtime.ts';
import { type TimeLimit, withTimeout } from '../../runtime/timeout.ts';
import type { Metrics } from '../../telemetry/metrics.ts';

/** Registers restarts of these readers of the log, and returns the function that counts one. */
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

/** Registers which projections this process runs, and their lag; none for those that another process runs. */
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

/** The position of a reader of the log, and the end of the log. */
type LagInput = {
  readonly reader: string;
  /** Read after the end of the log. */
  readonly position: Position;
  /** When the last handled event was recorded, epoch ms; `undefined` before the first. */
  readonly recordedMs: number | undefined;
  readonly end: Position | undefined;
  readonly nowMs: number;
};

/**
 * Creates the function that computes the lag of readers in seconds. A reader that is behind has handled everything up to its
 * last event and up to the last observation at the end of the log. So the lag of an idle reader is exact to the time between
 * two scrapes.
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

/** Number of events after a position, if positions count events, as in Postgres. */
export const eventsBehind = (position: Position, end: Position | undefined): number =>
  end === undefined || comparePositions(position, end) >= 0 ? 0 : Number(BigInt(end) - BigInt(position));

/** Reads the end of the log for a scrape. @throws if the log does not respond in time */
export type LogEnd = () => Promise<Position | undefined>;
/** How long a scrape waits for the log. */
const TIMEOUT_MS = 3_000;
const LIMIT: TimeLimit<never> = {
  limitMs: TIMEOUT_MS,
  late: () => {
    throw new Error(`the log did not respond within ${TIMEOUT_MS} ms`);
  },
};
/** The metrics of one scrape share a read. */
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
