import { createPostgresEventStore } from '../../../src/event-store/postgres/store.ts';
import { nodeRuntime } from '../../../src/runtime/node-runtime.ts';
import { contractCodec } from '../../contract/event-store-support.ts';
import { cuttableProxy } from '../../support/cuttable-proxy.ts';
import { freshDatabase } from '../../support/postgres.ts';
import { silentLog } from '../../support/world.ts';
import { describeOutages } from './event-store-outages.ts';

describeOutages('postgres', async () => {
  const database = await freshDatabase();
  const proxy = await cuttableProxy(database.url);
  const usual = { codec: contractCodec, world: nodeRuntime(silentLog) };
  const far = createPostgresEventStore({
    ...usual,
    connection: { connectionString: proxy.url, connectionTimeoutMillis: 500 },
    appendDeadlineMs: 1_000,
    readMs: 250,
    patienceMs: 750,
    pollMs: 50,
  });
  const open = (connectionString: string) => createPostgresEventStore({ ...usual, connection: { connectionString } });
  return { proxy, far, near: open(database.url), openPatient: () => open(proxy.url), remove: database.drop };
});
