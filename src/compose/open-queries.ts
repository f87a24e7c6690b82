import { createQueryPool } from '../db/query-pool.ts';
import type { EventStore } from '../event-store/port.ts';
import { createQueries, type OpenQueries, STATEMENT_LIMIT_MS } from '../projections/queries/index.ts';
import type { World } from '../world.ts';
import { type ShowPool, useOfQueryPool } from './metrics/pool-metrics.ts';
import type { OnStop } from './parts.ts';

type QueriesDeps = {
  readonly databaseUrl: string;
  readonly store: EventStore;
  readonly world: World;
  readonly onStop: OnStop;
  readonly showPool: ShowPool;
};

/** Opens the queries, with one pool for lists and a smaller one for reads by id, whose plans are kept. */
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
  const pointPool = await createQueryPool({ ...poolOptions, maxPoolSize: 2, keepPlans: true });
  onStop(() => pointPool.end());
  showPool('lists', () => useOfQueryPool(pool));
  showPool('reads', () => useOfQueryPool(pointPool));
  const queries = createQueries({ pool, pointPool, databaseUrl, store, world });
  onStop(() => queries.close());
  return queries;
};
