import { expect } from 'chai';
import { EVERY_TENANT } from '../../src/domain/values.ts';
import { createPostgresEventStore } from '../../src/event-store/postgres/store.ts';
import { createExplainLog } from '../../src/explain/explain-log.ts';
import { appendEntries } from '../support/append-entries.ts';
import { codec } from '../support/codec.ts';
import { type FreshDatabase, freshDatabase } from '../support/postgres.ts';
import { at, slotHistory } from '../support/slot-histories.ts';
import { manualWorld } from '../support/world.ts';

const NOW_MS = Date.parse(at('21:00'));
const MINUTE_MS = 60_000;
const SLOTS = 700;
const day = { afterMs: Date.parse(at('09:00')), untilMs: NOW_MS };
const clockOf = (slot: number): string => new Date(day.afterMs + slot * MINUTE_MS).toISOString().slice(11, 16);

/** A minutely job that fires at each of its slots but one in ten, which is missed, and those left out. */
const busyJob = (jobId: number, { leftOut }: { readonly leftOut: readonly number[] }) => {
  const job = slotHistory({ jobId, scheduleSince: at('09:00') }).created('09:00');
  for (let slot = 1; slot <= SLOTS; slot += 1) {
    const clock = clockOf(slot);
    if (leftOut.includes(slot)) continue;
    if (slot % 10 === 0) job.passed('OccurrencesMissed', [clock, clock], 'ENGINE_DOWN');
    else job.claimed(clock, jobId * 1_000 + slot).succeeded(clock, jobId * 1_000 + slot);
  }
  return job.entries;
};

describe('explaining a log in Postgres', () => {
  let database: FreshDatabase;
  beforeEach(async () => {
    database = await freshDatabase();
  });
  afterEach(() => database.drop());

  it('reads all of its pages, and finds the one slot of which nothing is recorded', async () => {
    const world = manualWorld({ nowMs: NOW_MS });
    const store = createPostgresEventStore({ connection: { connectionString: database.url }, codec, world });
    await appendEntries(store, [...busyJob(1, { leftOut: [] }), ...busyJob(2, { leftOut: [333] })]);
    const explain = createExplainLog(store, world, async () => undefined);

    const found = await explain({ tenant: EVERY_TENANT, span: day });
    const fired = 2 * SLOTS * 0.9 - 1;
    const due = 2 * ((NOW_MS - day.afterMs) / MINUTE_MS - SLOTS);
    expect(found?.slots).to.deep.equal({ fired, late: {}, skipped: {}, missed: { ENGINE_DOWN: 2 * SLOTS * 0.1 }, due });
    const slotMs = Date.parse(at(clockOf(333)));
    expect(found?.faults).to.deep.equal({
      counts: { unexplained: 1, duplicated: 0, notDue: 0 },
      first: [{ jobId: 2, kind: 'unexplained', firstMs: slotMs, lastMs: slotMs, count: 1 }],
    });
    await store.close();
  });
});
