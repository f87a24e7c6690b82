import { createQueryPool } from '../db/query-pool.ts';
import { FAST_LIMIT_MS } from '../db/two-readers.ts';
import type { EventStore } from '../event-store/port.ts';
import { createQueries, type OpenQueries, STATEMENT_LIMIT_MS } from '../projections/queries/index.ts';
import type { World } from '../runtime/world.ts';
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
