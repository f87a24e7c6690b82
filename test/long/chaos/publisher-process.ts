import type { EventStore } from '../../../src/event-store/port.ts';
import { createPostgresEventStore } from '../../../src/event-store/postgres/store.ts';
import { createPublisher } from '../../../src/publisher/publisher.ts';
import { nodeRuntime } from '../../../src/runtime/node-runtime.ts';
import { codec } from '../../support/codec.ts';
import { silentLog } from '../../support/world.ts';
import { tell } from './publisher-child.ts';

/** A publisher as a process of its own, which says what becomes of it; it ends with its standard input. */
const [url = '', brokers = '', topicPrefix = '', logId = ''] = process.argv.slice(2);

const world = nodeRuntime(silentLog);
const store = createPostgresEventStore({
  connection: { connectionString: url },
  codec,
  world,
});

const telling: EventStore = {
  ...store,
  subscribe: async function* (options) {
    for await (const item of store.subscribe(options)) {
      // It is asked for only when all before it was published.
      if (item.kind === 'caughtUp') tell({ caughtUp: item.position });
      yield item;
    }
  },
};

const publisher = createPublisher({
  store: telling,
  logId,
  world,
  config: { brokers: brokers.split(','), ssl: false, topicPrefix, partitions: 3, replication: 1, start: 'beginning' },
  onStatus: ({ state, why = '' }) => tell({ state, why }),
});
publisher.start();

process.stdin.resume().once('end', async () => {
  await publisher.stop();
  await store.close();
});
