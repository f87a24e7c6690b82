import { createEventStoreDbStore } from '../../../src/event-store/eventstoredb/store.ts';
import { nodeRuntime } from '../../../src/runtime/node-runtime.ts';
import type { Runtime } from '../../../src/runtime/runtime.ts';
import { contractCodec } from '../../contract/event-store-support.ts';
import { cuttableProxy } from '../../support/cuttable-proxy.ts';
import { startFakeEventStoreDb } from '../../support/eventstoredb/server.ts';
import { silentLog } from '../../support/world.ts';
import { describeOutages } from './event-store-outages.ts';

const TIMES = 20;
/** The signs of life are the client's own, in real time. */
const KEEP_ALIVE = 'keepAliveInterval=250&keepAliveTimeout=250';

/** Time runs so many times as fast, so that what takes the adapter ten seconds takes a test half a second. */
const fastWorld = (): Runtime => {
  const { clock, timers, ...rest } = nodeRuntime(silentLog);
  return {
    ...rest,
    clock: { now: clock.now, monotonic: () => clock.monotonic() * TIMES },
    timers: {
      after: (delayMs, run) => timers.after(delayMs / TIMES, run),
      sleep: (delayMs, signal) => timers.sleep(delayMs / TIMES, signal),
    },
  };
};

describe('a client of EventStoreDB with frequent signs of life', () => {
  const { warn } = console;
  // It says of each client that it would rather have fewer of them.
  before(() => {
    console.warn = () => {};
  });
  after(() => {
    console.warn = warn;
  });

  describeOutages('eventstoredb', async () => {
    const server = await startFakeEventStoreDb();
    const proxy = await cuttableProxy(server.url);
    const open = (connectionString: string, world: Runtime) =>
      createEventStoreDbStore({ connectionString, prefix: 'contract_', codec: contractCodec, world });
    const usual = nodeRuntime(silentLog);
    return {
      proxy,
      far: open(`${proxy.url}&${KEEP_ALIVE}`, fastWorld()),
      near: open(server.url, usual),
      openPatient: () => open(proxy.url, usual),
      remove: async () => server.stop(),
    };
  });
});
