import type { ProjectionRunner } from '../../projections/runner.ts';
import type { Clock } from '../../runtime/world.ts';
import type { Metrics } from '../../telemetry/metrics.ts';
import { createLag, eventsBehind } from './lag.ts';
import type { LogEnd } from './log-end.ts';

/** Registers how often these readers of the log had to begin again, and returns what counts one. */
export const countRestarts = (
  metrics: Pick<Metrics, 'counter'>,
  readers: readonly string[],
): ((reader: string) => void) => {
  const count = metrics.counter({
    name: 'carillon_subscription_restarts_total',
    help: 'Times that a projection or the publisher broke off and subscribed to the log again.',
    labels: ['reader'],
  });
  for (const reader of readers) count({ reader }, 0);
  return (reader) => count({ reader });
};

type ProjectionMetrics = {
  readonly projections: Pick<ProjectionRunner, 'status'>;
  readonly logEnd: LogEnd;
  /** Positions of this log count its events. */
  readonly countsEvents: boolean;
  readonly metrics: Pick<Metrics, 'gauges'>;
  readonly clock: Clock;
};

/**
 * Registers which projections this process runs, and how far they are behind the log. Of those that another process runs
 * it shows no lag.
 */
export const showProjections = (deps: ProjectionMetrics): void => {
  const { projections, logEnd, countsEvents, metrics, clock } = deps;
  const lagOf = createLag();
  const labels = ['projection'] as const;
  metrics.gauges(
    { name: 'carillon_projection_running', help: '1 where this process runs the projection, else 0.', labels },
    () => projections.status().map(({ name, state }) => labelled(name, state === 'running' ? 1 : 0)),
  );
  metrics.gauges(
    {
      name: 'carillon_projection_lag_seconds',
      help: 'Events that were recorded longer ago are in the read model, in the process that runs the projection.',
      labels,
    },
    async () => {
      const end = await logEnd();
      return projections.status().flatMap(({ name, state, position, recordedMs }) => {
        if (state === 'standby' || position === undefined) return [];
        return [labelled(name, lagOf({ reader: name, position, recordedMs, end, nowMs: clock.now() }))];
      });
    },
  );
  if (!countsEvents) return;
  metrics.gauges(
    {
      name: 'carillon_projection_lag_events',
      help: 'Events of the log that the projection has not passed, in the process that runs it (the log in Postgres).',
      labels,
    },
    async () => {
      const end = await logEnd();
      return projections
        .status()
        .flatMap(({ name, state, position }) =>
          state === 'standby' || position === undefined ? [] : [labelled(name, eventsBehind(position, end))],
        );
    },
  );
};

const labelled = (projection: string, value: number) => ({ labels: { projection }, value });
