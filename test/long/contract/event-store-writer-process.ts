import { WrongExpectedRevision } from '../../../src/event-store/errors.ts';
import { NO_STREAM } from '../../../src/event-store/port.ts';
import { createPostgresEventStore } from '../../../src/event-store/postgres/store.ts';
import { nodeRuntime } from '../../../src/runtime/node-runtime.ts';
import { appendOf, contractCodec } from '../../contract/event-store-support.ts';
import { silentLog } from '../../support/world.ts';

/** A process that appends to streams of its own, and to one that all processes fight for. */
const [url = '', name = '', ownCount = '0', sharedCount = '0'] = process.argv.slice(2);

const store = createPostgresEventStore({
  connection: { connectionString: url },
  codec: contractCodec,
  world: nodeRuntime(silentLog),
});

const writer = async (lane: string): Promise<void> => {
  for (let count = 0; count < Number(ownCount); count++) {
    await store.append(appendOf(`runs-${name}-${lane}`, count + NO_STREAM, `${count}`));
  }
};

const contender = async (): Promise<void> => {
  let at: number = NO_STREAM;
  for (let won = 0; won < Number(sharedCount); ) {
    try {
      at = (await store.append(appendOf('runs-shared', at, name))).revision;
      won += 1;
    } catch (error) {
      if (!(error instanceof WrongExpectedRevision)) throw error;
      at = error.actual;
    }
  }
};

await Promise.all([writer('a'), writer('b'), contender()]);
await store.close();
