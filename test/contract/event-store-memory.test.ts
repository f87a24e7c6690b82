import { AppendUnconfirmed } from '../../src/event-store/errors.ts';
import { createMemoryLog } from '../support/memory-log.ts';
import { createMemoryEventStore } from '../support/memory-store.ts';
import { manualWorld } from '../support/world.ts';
import { describeEventStore } from './event-store.ts';
import { contractCodec } from './event-store-support.ts';

describeEventStore('memory', async () => {
  const world = manualWorld();
  const { now } = world.clock;
  const log = createMemoryLog({ now });
  let silent: Promise<void> | undefined;
  let cut = false;
  return {
    open: ({ codec = contractCodec } = {}) =>
      createMemoryEventStore({
        codec,
        now,
        log,
        faults: {
          after: async (call) => {
            await silent;
            if (silent !== undefined && call.verb === 'append') throw new AppendUnconfirmed(call.append.stream);
          },
          redeliver: () => {
            const back = cut ? 1 : 0;
            cut = false;
            return back;
          },
        },
      }),
    silence: async () => {
      silent = world.timers.sleep(10_000);
      return async () => {
        silent = undefined;
      };
    },
    passDeadline: () => world.advance(10_000),
    cutConnections: async () => {
      cut = true;
    },
    scavenge: async () => true,
    remove: async () => {},
  };
});
