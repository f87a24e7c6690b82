import { type FakeEventStoreDb, startFakeEventStoreDb } from './eventstoredb/server.ts';

export type LogChoice = {
  readonly name: string;
  /** What puts the service on this log. */
  settings(): Promise<Readonly<Record<string, string>>>;
  close(): Promise<void>;
};

const eventStoreDb = (): LogChoice => {
  let fake: FakeEventStoreDb | undefined;
  return {
    name: 'EventStoreDB (a fake of the server)',
    settings: async () => {
      fake = await startFakeEventStoreDb();
      return { EVENTSTORE_URL: fake.url };
    },
    close: async () => {
      await fake?.stop();
      fake = undefined;
    },
  };
};

/** The logs that the whole service is tried on. */
export const logs: readonly LogChoice[] = [
  { name: 'Postgres', settings: async () => ({}), close: async () => {} },
  eventStoreDb(),
];
