import { expect } from 'chai';
import { AppendUnconfirmed } from '../../../src/event-store/errors.ts';
import { ensureLogIdentity } from '../../../src/event-store/identity.ts';
import { NO_STREAM } from '../../../src/event-store/port.ts';
import { copyLog, type OpenLog } from '../../../src/log-copy/copy-log.ts';
import { LogCopyFailed } from '../../../src/log-copy/visible-events.ts';
import { appendOf, contractCodec, rejection } from '../../contract/event-store-support.ts';
import { createMemoryLog, type MemoryLog } from '../../support/memory-log.ts';
import { createMemoryEventStore } from '../../support/memory-store.ts';
import { manualWorld, settle } from '../../support/world.ts';

describe('copy of a log', () => {
  const now = () => 0;
  const inMemory =
    (log: MemoryLog): OpenLog =>
    (codec) =>
      createMemoryEventStore({ codec, now, log });

  it('is rejected if the one that was interrupted lacks an event before its last one', async () => {
    const world = manualWorld();
    const [source, target] = [createMemoryLog({ now }), createMemoryLog({ now })];
    const store = inMemory(source)(contractCodec);
    await ensureLogIdentity(store, world);
    for (const stream of ['job-1', 'job-2', 'job-3', 'job-4']) await store.append(appendOf(stream, NO_STREAM, 'a'));

    const losing: OpenLog = (codec) => {
      const copy = inMemory(target)(codec);
      return {
        ...copy,
        append: async (append) => {
          if (append.stream === 'job-2') throw new AppendUnconfirmed('job-2');
          if (append.stream === 'job-4') throw new Error('the process died');
          return copy.append(append);
        },
      };
    };
    const copying = (to: OpenLog) => rejection(copyLog({ from: inMemory(source), to, world, verify: false }));
    void copying(losing);
    await settle();
    expect(await copying(inMemory(target)))
      .to.be.instanceOf(LogCopyFailed)
      .and.to.include({ code: 'OUT_OF_ORDER' });
  });
});
