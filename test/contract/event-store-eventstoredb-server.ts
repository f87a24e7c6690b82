import { createEventStoreDbStore } from '../../src/event-store/eventstoredb/store.ts';
import { nodeRuntime } from '../../src/runtime/node-runtime.ts';
import { holdConnection } from '../support/eventstoredb/held-connection.ts';
import { silentLog } from '../support/world.ts';
import { type ContractLog, contractCodec } from './event-store-support.ts';

const world = nodeRuntime(silentLog);
/** Passes by itself: the time of a real server can't be moved. */
const DEADLINE_MS = 1_000;

/** A part of a server that is there already, marked off by a prefix of its own. What it holds is left behind. */
export const serverLog = async (url: string): Promise<ContractLog> => {
  const connection = await holdConnection(url);
  const prefix = `t${world.random.uuid().replaceAll('-', '').slice(0, 20)}_`;
  return {
    open: ({ codec = contractCodec } = {}) =>
      createEventStoreDbStore({
        connectionString: connection.url,
        prefix,
        codec,
        world,
        appendDeadlineMs: DEADLINE_MS,
      }),
    silence: async () => {
      connection.silence();
      return async () => connection.speak();
    },
    passDeadline: async () => {},
    cutConnections: async () => connection.cut(),
    // A scavenge leaves the chunk alone that is being written to.
    scavenge: async () => false,
    remove: () => connection.close(),
  };
};
