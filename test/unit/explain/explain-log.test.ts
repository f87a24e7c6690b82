import { expect } from 'chai';
import { EVERY_TENANT } from '../../../src/domain/values.ts';
import { type Position, positionOf } from '../../../src/event-store/port.ts';
import { createExplainLog, type ExplainLog } from '../../../src/explain/explain-log.ts';
import { appendEntries } from '../../support/append-entries.ts';
import { calendarEntry, pauseEntry } from '../../support/closure-entries.ts';
import { codec } from '../../support/codec.ts';
import type { Entry } from '../../support/entry.ts';
import { createMemoryLog, type MemoryLog } from '../../support/memory-log.ts';
import { createMemoryEventStore, type Faults, type StoreCall } from '../../support/memory-store.ts';
import { at, slotHistory } from '../../support/slot-histories.ts';
import { spoil } from '../../support/spoiled.ts';
import { manualWorld } from '../../support/world.ts';

const NOW_MS = Date.parse(at('09:10'));
const hour = { afterMs: Date.parse(at('09:00')), untilMs: Date.parse(at('10:00')) };

/** Of acme: five slots up to 09:05 are settled, and five until now are due. */
const job7 = slotHistory({ jobId: 7 })
  .created('09:00')
  .claimed('09:01', 1)
  .succeeded('09:01', 1)
  .passed('OccurrencesMissed', ['09:02', '09:04'], 'ENGINE_DOWN')
  .claimed('09:05', 2, 'ENGINE_DOWN')
  .succeeded('09:05', 2);
/** Its slots from 09:01 to 09:03 were passed over. */
const job8 = slotHistory({ jobId: 8, tenant: 'globex', applicationId: 4 }).created('09:00').claimed('09:04', 3);
const job9 = slotHistory({ jobId: 9 })
  .created('09:00')
  .passed('OccurrencesSkipped', ['09:01', '09:02'], 'OVERLAP')
  .deleted('09:02');

describe('explaining a log', () => {
  let log: MemoryLog;
  let explain: ExplainLog;
  /** Where the read models say that reading may begin. */
  let place: Position | undefined;
  const open = async (entries: readonly Entry[], faults: Faults = {}): Promise<void> => {
    place = undefined;
    log = createMemoryLog({ now: () => NOW_MS });
    await appendEntries(createMemoryEventStore({ codec, now: () => NOW_MS, log }), entries);
    const store = createMemoryEventStore({ codec, now: () => NOW_MS, log, faults });
    const world = manualWorld({ nowMs: NOW_MS });
    explain = createExplainLog(store, world, async () => place);
  };
  const entries = [...job7.entries, ...job8.entries, ...job9.entries];

  it('counts the slots of all jobs, and lists those that are not explained', async () => {
    await open(entries);
    expect(await explain({ tenant: EVERY_TENANT, span: hour })).to.deep.equal({
      jobs: 3,
      slots: {
        fired: 2,
        late: { ENGINE_DOWN: 1 },
        skipped: { OVERLAP: 8 },
        missed: { ENGINE_DOWN: 3 },
        due: 5,
      },
      faults: {
        counts: { unexplained: 3, duplicated: 0, notDue: 0 },
        first: [
          {
            jobId: 8,
            kind: 'unexplained',
            firstMs: Date.parse(at('09:01')),
            lastMs: Date.parse(at('09:03')),
            count: 3,
          },
        ],
      },
      unreadable: [],
    });
  });

  it('has slots that are not settled skipped if a calendar leaves them out, or a pause is active', async () => {
    const calendar = { dates: ['2026-03-01'], updatedAt: at('09:08') };
    const pause = { pauseId: 1, tenant: 'acme', scope: 'tenant' as const, createdAt: at('09:06'), until: at('09:07') };
    await open([
      ...slotHistory({ jobId: 7, calendar: { exclude: ['holidays'] } }).created('09:00').entries,
      calendarEntry(calendar),
      pauseEntry(pause),
    ]);
    const found = await explain({ tenant: 'acme', span: hour });
    expect(found?.slots).to.deep.include({ skipped: { PAUSED: 1, CALENDAR: 3 }, due: 6 });
  });

  /** The slots from 09:01 to 09:04, and an execution that outlasts the horizon, are cut. */
  const cut = async (history: readonly Entry[], keptFrom: number): Promise<void> => {
    await open(history);
    await createMemoryEventStore({ codec, now: () => NOW_MS, log }).truncateBefore('runs-7', keptFrom);
  };
  const long = () =>
    slotHistory({ jobId: 7 })
      .created('09:00')
      .claimed('09:01', 1)
      .succeeded('09:01', 1)
      .claimed('09:02', 2)
      .passed('OccurrencesSkipped', ['09:03', '09:04'], 'OVERLAP')
      .succeeded('09:04', 2)
      .claimed('09:05', 3)
      .succeeded('09:05', 3);

  it('misses nothing of what has expired, and states up to when it has', async () => {
    const { entries: kept } = long().expired('09:04', 5);
    await cut(kept, 5);
    const found = await explain({ tenant: 'acme', span: hour });
    expect(found?.faults.counts).to.deep.equal({ unexplained: 0, duplicated: 0, notDue: 0 });
    expect(found).to.deep.include({ unreadable: [], expiredMs: Date.parse(at('09:04')) });
    expect(found?.slots).to.deep.equal({ fired: 1, late: {}, skipped: {}, missed: {}, due: 5 });
  });

  it('checks a deleted job of which everything has expired', async () => {
    const { entries: kept } = long().deleted('09:06').expired('09:06', 8);
    await cut(kept, 8);
    const found = await explain({ tenant: 'acme', span: hour });
    expect(found?.faults.counts).to.deep.equal({ unexplained: 0, duplicated: 0, notDue: 0 });
    expect(found?.slots.due).to.equal(0);
  });

  it('reports what is wrong if events are missing that have not expired', async () => {
    for (const history of [long(), long().expired('09:01', 3)]) {
      await cut(history.entries, 6);
      const found = await explain({ tenant: 'acme', span: hour });
      expect(found?.faults.counts.notDue).to.equal(1);
    }
  });

  const later = { afterMs: Date.parse(at('09:03')), untilMs: hour.untilMs };
  const job10 = slotHistory({ jobId: 10 })
    .created('09:00')
    .edited('09:01', { enabled: false })
    .edited('09:03', { enabled: true, pattern: '*/2 * * * *' })
    .claimed('09:04', 11)
    .edited('09:05', { pattern: '* * * * *' })
    .failed('09:05', 11, 'no');
  const histories = {
    'of several jobs': [...entries, ...job10.entries],
    'of a job of which some has expired': long().expired('09:02', 3).entries,
    'of a deleted job of which all has expired': long().deleted('09:06').expired('09:06', 8).entries,
  };
  for (const [name, history] of Object.entries(histories)) {
    it(`states the same of a log ${name}, wherever reading begins`, async () => {
      await open(history);
      if (!name.startsWith('of several')) {
        await createMemoryEventStore({ codec, now: () => NOW_MS, log }).truncateBefore('runs-7', 3);
      }
      const whole = await explain({ tenant: EVERY_TENANT, span: later });
      for (let position = 1; position <= history.length + 1; position++) {
        place = positionOf(position);
        expect(await explain({ tenant: EVERY_TENANT, span: later }), `from ${position}`).to.deep.equal(whole);
      }
    });
  }

  it('reads of what comes before its place the last event of each job, and all if it is too late', async () => {
    const reads: string[] = [];
    const before = (call: StoreCall): void => {
      if (call.verb === 'readStream') reads.push(call.stream);
      if (call.verb === 'readLast') reads.push(...call.streams);
    };
    await open(entries, { before });
    place = positionOf(2);
    await explain({ tenant: EVERY_TENANT, span: later });
    expect(reads).to.deep.equal(['runs-7']);
    place = positionOf(entries.length - 1);
    const found = await explain({ tenant: EVERY_TENANT, span: later });
    expect(found?.slots.fired).to.equal(1);
  });

  it('leaves out the jobs of other tenants', async () => {
    await open(entries);
    const found = await explain({ tenant: 'acme', span: hour });
    expect(found?.jobs).to.equal(2);
    expect(found?.faults.first).to.deep.equal([]);
  });

  it('leaves out slots before and after the span, and cuts ranges', async () => {
    await open(entries);
    const found = await explain({
      tenant: EVERY_TENANT,
      span: { afterMs: Date.parse(at('09:02')), untilMs: Date.parse(at('09:03')) },
    });
    expect(found?.slots).to.deep.equal({ fired: 0, late: {}, skipped: {}, missed: { ENGINE_DOWN: 1 }, due: 0 });
    expect(found?.faults.counts.unexplained).to.equal(1);
  });

  it('counts an event once that the subscription delivers again', async () => {
    await open(entries);
    const whole = await explain({ tenant: EVERY_TENANT, span: hour });
    let pages = 0;
    await open(entries, { redeliver: () => (pages++ === 0 ? 0 : 5) });
    expect(await explain({ tenant: EVERY_TENANT, span: hour })).to.deep.equal(whole);
  });

  it('names jobs that it cannot judge, to those who may see them', async () => {
    await open(entries);
    spoil(log, 'runs-7');
    spoil(log, 'job-8');
    const [all, ofAcme] = [
      await explain({ tenant: EVERY_TENANT, span: hour }),
      await explain({ tenant: 'acme', span: hour }),
    ];
    expect(all?.unreadable.map(({ jobId }) => jobId)).to.deep.equal([7, 8]);
    expect(all?.unreadable[0]?.reason).to.contain('stream runs-7 is parked');
    expect(ofAcme?.unreadable.map(({ jobId }) => jobId)).to.deep.equal([7]);
  });

  it('lets tenants take turns', async () => {
    await open(entries);
    const told: string[] = [];
    const request = (tenant: string) => explain({ tenant, span: hour }).then(() => told.push(tenant));
    await Promise.all(['acme', 'acme', 'acme', 'globex', 'globex'].map(request));
    expect(told).to.deep.equal(['acme', 'globex', 'acme', 'globex', 'acme']);
  });

  it('reads an empty log', async () => {
    await open([]);
    const found = await explain({ tenant: EVERY_TENANT, span: hour });
    expect(found).to.deep.include({ jobs: 0, unreadable: [] });
  });

  it('ends without a response if no one waits any more', async () => {
    await open(entries);
    const signal = AbortSignal.abort();
    expect(await explain({ tenant: EVERY_TENANT, span: hour, signal })).to.equal(undefined);
  });
});
