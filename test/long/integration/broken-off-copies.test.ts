import { expect } from 'chai';
import fc from 'fast-check';
import type { Codec } from '../../../src/event-store/codec.ts';
import { createEventStoreDbStore } from '../../../src/event-store/eventstoredb/store.ts';
import { ensureLogIdentity } from '../../../src/event-store/identity.ts';
import { type EventStore, LOG_START, NO_STREAM } from '../../../src/event-store/port.ts';
import { copyLog, type OpenLog } from '../../../src/log-copy/copy-log.ts';
import { appendOf, contractCodec, rejection } from '../../contract/event-store-support.ts';
import { type FakeEventStoreDb, startFakeEventStoreDb } from '../../support/eventstoredb/server.ts';
import { createMemoryLog, type MemoryLog } from '../../support/memory-log.ts';
import { createMemoryEventStore } from '../../support/memory-store.ts';
import { realWorld as world } from '../../support/publishing.ts';

/** An append of the source: to which stream, and how many events. */
type SourceAppend = { readonly stream: string; readonly events: number };
/** Where a copy is broken off: by an error after so many batches, or with its process after so many appends. */
type Break = { readonly by: 'error' | 'process'; readonly after: number };

const STREAMS = ['job-1', 'runs-1', 'runs-2', 'runs-3', 'keys-7-1'];
const anyAppend = fc.record({ stream: fc.constantFrom(...STREAMS), events: fc.integer({ min: 1, max: 4 }) });
const anyBreak = fc.record({ by: fc.constantFrom('error' as const, 'process' as const), after: fc.nat(60) });

const BROKEN_OFF = new Error('broken off');

describe('copies that are interrupted', () => {
  let server: FakeEventStoreDb;
  let copies = 0;
  before(async () => {
    server = await startFakeEventStoreDb();
  });
  after(() => server.stop());

  const fill = async (log: MemoryLog, appends: readonly SourceAppend[], cutBefore: number): Promise<void> => {
    const store = createMemoryEventStore({ codec: contractCodec, now: Date.now, log });
    await ensureLogIdentity(store, world);
    for (const { stream, events } of appends) {
      const revision = log.streamEvents(stream).at(-1)?.revision ?? NO_STREAM;
      if (stream.startsWith('keys-')) await store.keepLast(stream);
      await store.append(appendOf(stream, revision, ...Array.from({ length: events }, () => 'a')));
    }
    await store.truncateBefore('runs-1', cutBefore);
  };

  /** The log as it hands out its events in batches of these sizes, over and over. */
  const inBatches =
    (log: MemoryLog, sizes: readonly number[]): OpenLog =>
    (codec) => {
      const store = createMemoryEventStore({ codec, now: Date.now, log });
      const subscribe: EventStore['subscribe'] = async function* (options) {
        let batches = 0;
        for await (const item of store.subscribe(options)) {
          if (item.kind !== 'events') yield item;
          else {
            for (let from = 0; from < item.events.length; ) {
              const size = sizes[batches++ % sizes.length] ?? 1;
              yield { kind: 'events', events: item.events.slice(from, from + size) };
              from += size;
            }
          }
        }
      };
      return { ...store, subscribe };
    };

  /** A store whose process dies after so many appends: what was sent is made, and nothing is sent any more. */
  const dying =
    (open: OpenLog, appendsLeft: number): OpenLog =>
    (codec: Codec) => {
      const store = open(codec);
      let left = appendsLeft;
      return { ...store, append: (append) => (left-- > 0 ? store.append(append) : Promise.reject(BROKEN_OFF)) };
    };

  it('continue to the same log, in order, once, whatever batches the source has and wherever they were interrupted', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(anyAppend, { minLength: 1, maxLength: 40, size: 'max' }),
        fc.nat(5),
        fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 4 }),
        fc.array(anyBreak, { minLength: 1, maxLength: 3 }),
        async (appends, cutBefore, sizes, breaks) => {
          const log = createMemoryLog({ now: Date.now });
          await fill(log, appends, cutBefore);
          const from = inBatches(log, sizes);
          const prefix = `copy${copies++}_`;
          const to: OpenLog = (codec) =>
            createEventStoreDbStore({ connectionString: server.url, prefix, codec, world });
          for (const { by, after } of breaks) await breakOff({ from, to }, { by, after });

          const { verified } = await copyLog({ from, to, world, verify: true });
          expect(verified).to.equal(log.page({ after: LOG_START }).events.length - 1);
        },
      ),
      // Shrinking would take longer than the test may.
      { numRuns: 20, endOnFailure: true },
    );
  });

  /** Copies until the break, or to the end if that comes first. */
  const breakOff = async ({ from, to }: { from: OpenLog; to: OpenLog }, { by, after }: Break): Promise<void> => {
    let batches = 0;
    const onProgress = (): void => {
      if (by === 'error' && batches++ >= after) throw BROKEN_OFF;
    };
    const copying = copyLog({ from, to: by === 'process' ? dying(to, after) : to, world, verify: false, onProgress });
    const ended = await rejection(copying);
    if (ended instanceof Error && ended !== BROKEN_OFF) throw ended;
  };
});
