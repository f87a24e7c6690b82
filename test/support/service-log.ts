import { DomainEvent } from '../../src/domain/events/index.ts';
import { type Codec, createCodec } from '../../src/event-store/codec.ts';
import { createEventStoreDbStore } from '../../src/event-store/eventstoredb.ts';
import type { EventStore, RecordedEvent } from '../../src/event-store/port.ts';
import { createPostgresEventStore } from '../../src/event-store/postgres.ts';
import { allEvents, realWorld as world } from './publishing.ts';

/** Where a service has its log. */
export type ServiceLog = {
  readonly databaseUrl: string;
  /** In EventStoreDB; else it is in the database. */
  readonly eventStore: { readonly url: string; readonly prefix: string } | undefined;
};

const plainCodec = createCodec({ schemas: DomainEvent.options });

/** The log as another process would open it, to be closed by the caller. */
export const openServiceLog = ({ databaseUrl, eventStore }: ServiceLog, codec: Codec = plainCodec): EventStore =>
  eventStore === undefined
    ? createPostgresEventStore({ connection: { connectionString: databaseUrl }, codec, world })
    : createEventStoreDbStore({ connectionString: eventStore.url, prefix: eventStore.prefix, codec, world });

/** Every event of the log up to its end. */
export const eventsOf = async (log: ServiceLog): Promise<RecordedEvent[]> => {
  const store = openServiceLog(log);
  try {
    return await allEvents(store);
  } finally {
    await store.close();
  }
};
