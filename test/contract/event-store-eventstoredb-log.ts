import { setImmediate } from 'node:timers/promises';
import { createEventStoreDbStore } from '../../src/event-store/eventstoredb/store.ts';
import { type FakeEventStoreDb, startFakeEventStoreDb } from '../support/eventstoredb/server.ts';
import { type ManualWorld, manualWorld } from '../support/world.ts';
import { type ContractLog, contractCodec } from './event-store-support.ts';

const DEADLINE_MS = 10_000;
const PREFIX = 'contract_';

export type FakeLog = ContractLog & { readonly server: FakeEventStoreDb; readonly world: ManualWorld };

/** A fake server of its own, with events of others in it, and stores whose time stands still. */
export const fakeEventStoreDbLog = async (): Promise<FakeLog> => {
  const world = manualWorld();
  const server = await startFakeEventStoreDb({ timers: world.timers });
  server.writeSystemEvents(3);
  return {
    server,
    world,
    open: ({ codec = contractCodec } = {}) =>
      createEventStoreDbStore({
        connectionString: server.url,
        prefix: PREFIX,
        codec,
        world,
        appendDeadlineMs: DEADLINE_MS,
      }),
    silence: async () => {
      const speaking = Promise.withResolvers<void>();
      server.faults.silence = speaking.promise;
      return async () => {
        server.faults.silence = undefined;
        speaking.resolve();
        // What was held back is replicated first: a repeat of it would be dropped, and no time passes here by itself.
        for (let turn = 0; turn < 10; turn++) await setImmediate();
      };
    },
    passDeadline: () => world.advance(DEADLINE_MS),
    cutConnections: async () => server.dropStreams(),
    scavenge: async () => {
      server.log.scavenge();
      return true;
    },
    remove: async () => server.stop(),
  };
};

export const until = async (holds: () => boolean): Promise<void> => {
  while (!holds()) await setImmediate();
};

/** Lets time pass, slowly enough for what goes over the wire, until this is settled. */
export const passing = async <T>(world: ManualWorld, promise: Promise<T>): Promise<T> => {
  let settled = false;
  const settling = promise.finally(() => {
    settled = true;
  });
  settling.catch(() => {});
  while (!settled) await world.advance(2);
  return settling;
};
