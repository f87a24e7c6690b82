import { createQueryPool } from '../db/query-pool.ts';
import { FAST_LIMIT_MS } from '../db/two-readers.ts';
import { LATE_REASONS } from '../domain/events/index.ts';
import { type SlotCounts, UNCALLED_REASONS } from '../domain/ledger/uncalled.ts';
import { EVERY_TENANT, toMs } from '../domain/values.ts';
import type { EventStore } from '../event-store/port.ts';
import { createQueries, type OpenQueries, type Queries, STATEMENT_LIMIT_MS } from '../projections/queries/index.ts';
import type { World } from '../runtime/world.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import { type ShowPool, useOfQueryPool } from './metrics/pool-metrics.ts';
import type { OnStop } from './parts.ts';

type QueriesDeps = {
  readonly databaseUrl: string;
  readonly store: EventStore;
  readonly world: World;
  readonly onStop: OnStop;
  readonly showPool: ShowPool;
};

/**
 * Opens the queries, with a pool for lists and smaller ones: for reads by id and for pages of executions, whose plans are
 * kept, and for pages that take long.
 */
export const openQueries = async ({
  databaseUrl,
  store,
  world,
  onStop,
  showPool,
}: QueriesDeps): Promise<OpenQueries> => {
  const poolOptions = { url: databaseUrl, statementLimitMs: STATEMENT_LIMIT_MS, log: world.log };
  const pool = await createQueryPool(poolOptions);
  onStop(() => pool.end());
  const pointPool = await createQueryPool({ ...poolOptions, maxPoolSize: 2, keepPlans: 'by key' });
  onStop(() => pointPool.end());
  const pageOptions = { ...poolOptions, keepPlans: 'in order', statementLimitMs: FAST_LIMIT_MS } as const;
  const pagePool = await createQueryPool({ ...pageOptions, maxPoolSize: 4 });
  onStop(() => pagePool.end());
  const trialPool = await createQueryPool({ ...pageOptions, maxPoolSize: 2 });
  onStop(() => trialPool.end());
  const slowPool = await createQueryPool({ ...poolOptions, maxPoolSize: 2 });
  onStop(() => slowPool.end());
  showPool('lists', () => useOfQueryPool(pool));
  showPool('reads', () => useOfQueryPool(pointPool));
  showPool('pages', () => useOfQueryPool(pagePool));
  showPool('new pages', () => useOfQueryPool(trialPool));
  showPool('slow pages', () => useOfQueryPool(slowPool));
  const queries = createQueries({ pool, pointPool, pagePool, trialPool, slowPool, databaseUrl, store, world });
  onStop(() => queries.close());
  return queries;
};

type ReadModelMetricsDeps = {
  readonly queries: Pick<Queries, 'slotCounts' | 'expiredSoFar'>;
  readonly metrics: Pick<Metrics, 'counted' | 'gauges'>;
  readonly world: Pick<World, 'clock' | 'timers'>;
};

/** A scrape waits for Postgres no longer than this; it then gets the counts of the last one. */
const PATIENCE_MS = 3_000;

/** Registers what the read models have counted: slots that were settled, and what has expired. */
export const showReadModels = ({ queries, metrics, world }: ReadModelMetricsDeps): void => {
  const { clock, timers } = world;
  const patiently = async <T>(ask: (caller: { readonly signal: AbortSignal }) => Promise<T>): Promise<T> => {
    const giveUp = new AbortController();
    const stopClock = timers.after(PATIENCE_MS, () => giveUp.abort());
    try {
      return await ask({ signal: giveUp.signal });
    } finally {
      stopClock();
    }
  };
  metrics.counted(
    {
      name: 'carillon_slots_total',
      help: 'Slots that were settled, by what became of them and why; the same from every process.',
      labels: ['outcome', 'reason'],
    },
    async () => {
      const counts = await patiently((caller) => queries.slotCounts({ tenant: EVERY_TENANT, ...caller }));
      // Reasons that were not met yet are counted as 0 too: an alarm on an increase needs the value before it.
      const late = LATE_REASONS.map((reason) => counted('late', reason, counts.late[reason]));
      const uncalled = UNCALLED_REASONS.flatMap((reason) => [
        counted('skipped', reason, counts.skipped[reason]),
        counted('missed', reason, counts.missed[reason]),
      ]);
      return [counted('fired', '', counts.fired), ...late, ...uncalled];
    },
  );
  metrics.counted(
    { name: 'carillon_executions_expired_total', help: 'Executions that have expired; the same from every process.' },
    async () => [{ labels: {}, value: (await patiently(queries.expiredSoFar)).executions }],
  );
  metrics.gauges(
    {
      name: 'carillon_execution_horizon_age_seconds',
      help: 'How long ago the latest instant is before which executions have expired; the same from every process.',
    },
    async () => {
      const { before } = await patiently(queries.expiredSoFar);
      return before === undefined ? [] : [{ labels: {}, value: (clock.now() - toMs(before)) / 1_000 }];
    },
  );
};

const counted = (outcome: keyof SlotCounts, reason: string, value = 0) => ({
  labels: { outcome, reason },
  value,
});
