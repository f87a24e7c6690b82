import type { Codec } from '../../src/event-store/codec.ts';
import { createEventStoreDbStore } from '../../src/event-store/eventstoredb/store.ts';
import type { EventStore, RecordedEvent } from '../../src/event-store/port.ts';
import { createPostgresEventStore } from '../../src/event-store/postgres/store.ts';
import { codec } from './codec.ts';
import { allEvents, realWorld as world } from './publishing.ts';

/** The location of a service's log. */
export type ServiceLog = {
  readonly databaseUrl: string;
  /** In EventStoreDB; otherwise it is in the database. */
  readonly eventStore: { readonly url: string; readonly prefix: string } | undefined;
};

/** The log as another process would open it, to be closed by the caller. */
export const openServiceLog = ({ databaseUrl, eventStore }: ServiceLog, by: Codec = codec): EventStore =>
  eventStore === undefined
    ? createPostgresEventStore({ connection: { connectionString: databaseUrl }, codec: by, world })
    : createEventStoreDbStore({ connectionString: eventStore.url, prefix: eventStore.prefix, codec: by, world });

/** Every event of the log up to its end. */
export const eventsOf = async (log: ServiceLog): Promise<RecordedEvent[]> => {
  const store = openServiceLog(log);
  try {
    return await allEvents(store);
  } finally {
    await store.close();
  }
};
