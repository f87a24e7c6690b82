import { expect } from 'chai';
import { expireJob } from '../../../src/commands/retention.ts';
import { createStreamQueues } from '../../../src/event-store/append-with-retry.ts';
import { lastEventOf } from '../../../src/event-store/read-log.ts';
import { appendEntries } from '../../support/append-entries.ts';
import { codec } from '../../support/codec.ts';
import type { Entry } from '../../support/entry.ts';
import { createMemoryLog } from '../../support/memory-log.ts';
import { createMemoryEventStore } from '../../support/memory-store.ts';
import { at, slotHistory } from '../../support/slot-histories.ts';
import { manualWorld } from '../../support/world.ts';

const HOUR_MS = 3_600_000;
const ms = (clock: string): number => Date.parse(at(clock));
/** A job that is due each minute, with its slots settled up to 10:31; all of it was recorded before 10:00. */
const settled = () =>
  slotHistory({ jobId: 7 })
    .created('09:00')
    .claimed('09:01', 1)
    .succeeded('09:01', 1)
    .passed('OccurrencesMissed', ['09:02', '10:31'], 'ENGINE_DOWN');

describe('expire job', () => {
  const open = async (entries: readonly Entry[]) => {
    const world = manualWorld({ nowMs: ms('09:30') });
    const log = createMemoryLog({ now: () => ms('09:30') });
    const store = createMemoryEventStore({ codec, now: world.clock.now, log });
    await appendEntries(store, entries);
    const horizonAfter = async (wanted: string): Promise<string | undefined> => {
      const expired = await expireJob({ store, lanes: createStreamQueues(), world })(7, {
        wantedMs: ms(wanted),
        stepMs: HOUR_MS,
      });
      if (expired === undefined) return undefined;
      const last = await lastEventOf(store, 'runs-7');
      return last?.type === 'ExecutionsExpired' ? last.data.before : undefined;
    };
    return { store, log, horizonAfter };
  };

  it('expires up to the requested cutoff if all slots are settled', async () => {
    const { horizonAfter } = await open(settled().entries);
    expect(await horizonAfter('10:00')).to.equal(at('10:00'));
  });

  it('goes no further than slots are settled', async () => {
    const { horizonAfter } = await open(settled().entries);
    expect(await horizonAfter('23:00')).to.equal(at('10:00'));
  });

  it('continues beyond slots of a deleted job, which are never due', async () => {
    const { horizonAfter } = await open(settled().deleted('10:31').entries);
    expect(await horizonAfter('23:00')).to.equal(at('23:00'));
  });

  it('states nothing a second time', async () => {
    const { horizonAfter, store } = await open(settled().entries);
    await horizonAfter('10:00');
    const end = await store.end();
    expect(await horizonAfter('10:00')).to.equal(undefined);
    expect(await store.end()).to.equal(end);
  });

  it('waits for a definition that is not in force', async () => {
    const { entries } = settled().edited('10:31', { pattern: '0 * * * *' });
    const { horizonAfter } = await open(entries.slice(0, -1));
    expect(await horizonAfter('10:00')).to.equal(undefined);
  });

  it('leaves alone what only a newer release knows', async () => {
    const { horizonAfter, store, log } = await open(settled().entries);
    const [last] = log.streamEvents('runs-7').slice(-1);
    if (last === undefined) throw new Error('no event');
    log.append({
      append: { stream: 'runs-7', expectedRevision: last.revision, events: [] },
      events: [{ ...last, id: crypto.randomUUID(), type: 'OfTomorrow' }],
    });
    const end = await store.end();
    await horizonAfter('10:00');
    expect(await store.end()).to.equal(end);
  });

  it('is of no job that never was', async () => {
    const { horizonAfter } = await open([]);
    expect(await horizonAfter('10:00')).to.equal(undefined);
  });
});
