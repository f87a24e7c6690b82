import { toMs } from '../../domain/values.ts';
import type { Queries } from '../../projections/queries/index.ts';
import type { Metrics } from '../../telemetry/metrics.ts';
import type { World } from '../../world.ts';

type ExpiryMetricsDeps = {
  readonly queries: Pick<Queries, 'expiredSoFar'>;
  readonly metrics: Pick<Metrics, 'counted' | 'gauges'>;
  readonly world: Pick<World, 'clock' | 'timers'>;
};

/** A scrape waits for Postgres no longer than this. */
const PATIENCE_MS = 3_000;

/** Registers what has expired, as the read models say: the same from every process. */
export const showExpired = ({ queries, metrics, world }: ExpiryMetricsDeps): void => {
  const { clock, timers } = world;
  const read = async () => {
    const giveUp = new AbortController();
    const stopClock = timers.after(PATIENCE_MS, () => giveUp.abort());
    try {
      return await queries.expiredSoFar({ signal: giveUp.signal });
    } finally {
      stopClock();
    }
  };
  metrics.counted(
    { name: 'carillon_executions_expired_total', help: 'Executions that have expired; the same from every process.' },
    async () => [{ labels: {}, value: (await read()).executions }],
  );
  metrics.gauges(
    {
      name: 'carillon_execution_horizon_age_seconds',
      help: 'How long ago the latest instant is before which executions have expired; the same from every process.',
    },
    async () => {
      const { before } = await read();
      return before === undefined ? [] : [{ labels: {}, value: (clock.now() - toMs(before)) / 1_000 }];
    },
  );
};
