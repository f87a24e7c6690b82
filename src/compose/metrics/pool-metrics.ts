import type pg from 'pg';
import type { Metrics } from '../../telemetry/metrics.ts';

export type PoolUse = {
  /** Connections that run statements. */
  readonly busy: number;
  readonly idle: number;
  /** Statements that wait for a connection. */
  readonly waiting: number;
};

/** Shows one more pool under this name. */
export type ShowPool = (pool: string, use: () => PoolUse) => void;

/** Registers the use of this process's pools of connections to Postgres. */
export const showPools = (metrics: Metrics): ShowPool => {
  const pools = new Map<string, () => PoolUse>();
  metrics.gauges('carillon_pool_connections', () =>
    [...pools].flatMap(([pool, use]) => {
      const { busy, idle } = use();
      return [
        { labels: { pool, state: 'busy' }, value: busy },
        { labels: { pool, state: 'idle' }, value: idle },
      ];
    }),
  );
  metrics.gauges('carillon_pool_waiting', () =>
    [...pools].map(([pool, use]) => ({ labels: { pool }, value: use().waiting })),
  );
  return (pool, use) => void pools.set(pool, use);
};

export const useOfPool = ({ totalCount, idleCount, waitingCount }: pg.Pool): PoolUse => ({
  busy: totalCount - idleCount,
  idle: idleCount,
  waiting: waitingCount,
});
