import { createPostgresEventStore } from '../../src/event-store/postgres.ts';
import { nodeWorld } from '../../src/world-node.ts';
import { cuttableProxy } from '../support/cuttable-proxy.ts';
import { freshDatabase } from '../support/postgres.ts';
import { silentLog } from '../support/world.ts';
import { describeOutages } from './event-store-outages.ts';
import { contractCodec } from './event-store-support.ts';

describeOutages('postgres', async () => {
  const database = await freshDatabase();
  const proxy = await cuttableProxy(database.url);
  const open = (url: string) =>
    createPostgresEventStore({
      connection: { connectionString: url, connectionTimeoutMillis: 500 },
      codec: contractCodec,
      world: nodeWorld(silentLog),
      appendDeadlineMs: 1_000,
      readMs: 250,
      patienceMs: 750,
      pollMs: 50,
    });
  return { proxy, far: open(proxy.url), near: open(database.url), remove: database.drop };
});
