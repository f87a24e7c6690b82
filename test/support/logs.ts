import type { Runtime } from '../../src/runtime/runtime.ts';
import { type FakeEventStoreDb, startFakeEventStoreDb } from './eventstoredb/server.ts';

export type LogChoice = {
  /** Settings that put a service on a new log of this kind, which uses the clock of this world if one is given. */
  settings(world?: Pick<Runtime, 'clock' | 'timers'>): Promise<Readonly<Record<string, string>>>;
  /** Texts that these logs stored outside the databases of their services. */
  texts(): string[];
};

const onFake = process.env.CARILLON_TEST_LOG === 'eventstoredb';
const textOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('utf8');

/** Defines tests for a service on Postgres or, with `npm run test:long`, on a fake of EventStoreDB. */
export const describeOnLogs = (title: string, define: (log: LogChoice) => void): void => {
  if (!onFake) {
    describe(`${title} (on Postgres)`, () => define({ settings: async () => ({}), texts: () => [] }));
    return;
  }
  describe(`${title} (on a fake of EventStoreDB)`, () => {
    const fakes: FakeEventStoreDb[] = [];
    define({
      settings: async (world) => {
        const fake = await startFakeEventStoreDb(world && { now: world.clock.now, timers: world.timers });
        fakes.push(fake);
        return { EVENTSTORE_URL: fake.url };
      },
      texts: () =>
        fakes.flatMap(({ log }) => log.records.flatMap(({ data, metadata }) => [data, metadata].map(textOf))),
    });
    after(() => {
      for (const fake of fakes) fake.stop();
    });
  });
};
