import type { Codec } from '../../src/event-store/codec.ts';
import { createEventStoreDbStore } from '../../src/event-store/eventstoredb/store.ts';
import type { EventStore } from '../../src/event-store/port.ts';
import { createPostgresEventStore } from '../../src/event-store/postgres/store.ts';
import { contractCodec } from '../contract/event-store-support.ts';
import { type FakeEventStoreDb, startFakeEventStoreDb } from './eventstoredb/server.ts';
import { type FreshDatabase, freshDatabase } from './postgres.ts';
import { realWorld as world } from './publishing.ts';

/** An empty log in Postgres and one in a fake of EventStoreDB, to copy one to the other. */
export const logsToMove = (prefix: string) => {
  let database: FreshDatabase;
  let server: FakeEventStoreDb;
  const opened: EventStore[] = [];
  return {
    start: async (): Promise<void> => {
      database = await freshDatabase();
      server = await startFakeEventStoreDb();
    },
    close: async (): Promise<void> => {
      await Promise.all(opened.splice(0).map((store) => store.close()));
      server.stop();
      await database.drop();
    },
    server: (): FakeEventStoreDb => server,
    postgres: (codec: Codec): EventStore =>
      createPostgresEventStore({ connection: { connectionString: database.url }, codec, world }),
    eventStoreDb: (codec: Codec): EventStore =>
      createEventStoreDbStore({ connectionString: server.url, prefix, codec, world }),
    /** Closed with the rest. */
    open: (log: (codec: Codec) => EventStore, codec = contractCodec): EventStore => {
      const store = log(codec);
      opened.push(store);
      return store;
    },
  };
};
