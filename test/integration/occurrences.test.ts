import { expect } from 'chai';
import { EVERY_TENANT } from '../../src/domain/values.ts';
import type { OccurrenceFilter, OccurrenceView } from '../../src/projections/queries/occurrences/slots.ts';
import type { ListPage } from '../../src/projections/queries/page.ts';
import type { Scope } from '../../src/projections/queries/scope.ts';
import { applicationCreated } from '../support/applications.ts';
import { calendarEntry, pauseEntry } from '../support/closure-entries.ts';
import { openProjecting, type Projecting } from '../support/projecting.ts';
import { at, slotHistory } from '../support/slot-histories.ts';

const acme = { tenant: 'acme' };

/** Fires at 09:01, is late at 09:05, and has slots of every other kind between and after them. */
const job7 = slotHistory({ jobId: 7 })
  .created('09:00')
  .claimed('09:01', 1)
  .succeeded('09:01', 1)
  .passed('OccurrencesMissed', ['09:02', '09:04'], 'ENGINE_DOWN')
  .claimed('09:05', 2, 'ENGINE_DOWN')
  .passed('OccurrencesSkipped', ['09:06', '09:07'], 'OVERLAP')
  .succeeded('09:07', 2)
  .claimed('09:08', 3)
  .superseded('09:08', 3, 'disabled')
  .edited('09:08', { enabled: false })
  .edited('09:20', { enabled: true, pattern: '*/5 * * * *' })
  .claimed('09:25', 4)
  .succeeded('09:25', 4)
  .claimed('09:30', 5);
/** Of the same tenant: each tenth minute, never settled. */
const job8 = slotHistory({ jobId: 8, pattern: '*/10 * * * *' })
  .created('09:00')
  .claimed('09:10', 6)
  .succeeded('09:10', 6);
const job9 = slotHistory({ jobId: 9, tenant: 'globex', applicationId: 4 })
  .created('09:00')
  .passed('OccurrencesMissed', ['09:01', '09:30'], 'ENGINE_DOWN')
  .deleted('09:30');
/** Every second slot is missed, for an hour. */
const job10 = slotHistory({ jobId: 10, tenant: 'initech', applicationId: 5 }).created('09:00');
for (let minute = 1; minute < 60; minute += 2) {
  const [odd, even] = [minute, minute + 1].map((each) => new Date(Date.parse(at('09:00')) + each * 60_000));
  const [missed = '', fired = ''] = [odd, even].map((slot) => slot?.toISOString().slice(11, 16));
  job10
    .passed('OccurrencesMissed', [missed, missed], 'ENGINE_DOWN')
    .claimed(fired, 100 + minute)
    .succeeded(fired, 100 + minute);
}

/** Never settled; paused for its second slot, and its date left out for the fourth and the fifth. */
const job11 = slotHistory({ jobId: 11, tenant: 'umbrella', applicationId: 6, calendar: { exclude: ['holidays'] } });
const closures = [
  pauseEntry({ pauseId: 9, tenant: 'umbrella', createdAt: at('09:01:30'), until: at('09:02:30') }),
  calendarEntry({ tenant: 'umbrella', dates: ['2026-03-01'], updatedAt: at('09:03:30') }),
  calendarEntry({ tenant: 'umbrella', dates: [], updatedAt: at('09:05:30') }),
];

/** Job 7 was disabled after 09:08, until 09:20. The log records nothing of these slots. */
const WHILE_DISABLED = Array.from(
  { length: 12 },
  (_, minute) => `09:${String(minute + 9).padStart(2, '0')} skipped DISABLED version 2`,
);

describe('occurrences', () => {
  let projecting: Projecting;
  before(async () => {
    projecting = await openProjecting();
    projecting.run();
    const applications = [
      { stream: 'app-3', event: applicationCreated({ applicationId: 3, tenant: 'acme' }) },
      { stream: 'app-4', event: applicationCreated({ applicationId: 4, tenant: 'globex' }) },
      { stream: 'app-6', event: applicationCreated({ applicationId: 6, tenant: 'umbrella' }) },
      { stream: 'app-5', event: applicationCreated({ applicationId: 5, tenant: 'initech' }) },
    ];
    const histories = [job7, job8, job9, job10, job11.created('09:00')].flatMap(({ entries }) => entries);
    await projecting.reach(await projecting.append([...applications, ...histories, ...closures]));
  });
  after(() => projecting.close());

  const pages = async (filter: OccurrenceFilter, limit = 500, scope: Scope = acme): Promise<OccurrenceView[]> => {
    const found: OccurrenceView[] = [];
    let page: ListPage<OccurrenceView> = { items: [], next: '' };
    for (let cursor: string | undefined; page.next !== undefined; cursor = page.next) {
      page = await projecting.queries.listOccurrences(scope, filter, {
        limit,
        ...(cursor === undefined ? {} : { cursor }),
      });
      expect(page.items.length).to.be.lessThanOrEqual(limit);
      found.push(...page.items);
    }
    return found;
  };
  const span = { from: at('09:00'), to: at('09:40') };
  const told = ({ at: slot, outcome, definitionVersion, ...rest }: OccurrenceView): string =>
    [
      slot.slice(11, 16),
      outcome,
      ...('reason' in rest ? [rest.reason] : []),
      ...(rest.executionId === undefined ? [] : [`execution ${rest.executionId}`]),
      `version ${definitionVersion}`,
    ].join(' ');

  const ofJob7 = [
    '09:01 fired execution 1 version 1',
    '09:02 missed ENGINE_DOWN version 1',
    '09:03 missed ENGINE_DOWN version 1',
    '09:04 missed ENGINE_DOWN version 1',
    '09:05 late ENGINE_DOWN execution 2 version 1',
    '09:06 skipped OVERLAP version 1',
    '09:07 skipped OVERLAP version 1',
    '09:08 skipped DISABLED execution 3 version 1',
    ...WHILE_DISABLED,
    '09:25 fired execution 4 version 3',
    '09:30 fired execution 5 version 3',
    // Execution 5 is still open.
    '09:35 skipped OVERLAP version 3',
    '09:40 skipped OVERLAP version 3',
  ];

  it("report the outcome of each of a job's slots, by the definition that was active", async () => {
    expect((await pages({ ...span, jobId: 7 })).map(told)).to.deep.equal(ofJob7);
  });

  it('are counted on each day that is requested, those of a range on the days that it goes over', async () => {
    const days = await projecting.queries.slotDays(
      acme,
      7,
      ['09:00', '09:03', '09:07', '09:31'].map((each) => Date.parse(at(each))),
    );
    expect(days).to.deep.equal([
      { fired: 1, late: {}, skipped: {}, missed: { ENGINE_DOWN: 1 }, failed: 0 },
      { fired: 0, late: { ENGINE_DOWN: 1 }, skipped: { OVERLAP: 1 }, missed: { ENGINE_DOWN: 2 }, failed: 0 },
      { fired: 2, late: {}, skipped: { OVERLAP: 1, DISABLED: 13 }, missed: {}, failed: 0 },
    ]);
    const whole = await projecting.queries.slotDays(
      acme,
      7,
      ['00:00', '23:59'].map((each) => Date.parse(at(each))),
    );
    expect(whole).to.deep.equal([
      {
        fired: 3,
        late: { ENGINE_DOWN: 1 },
        skipped: { OVERLAP: 2, DISABLED: 13 },
        missed: { ENGINE_DOWN: 3 },
        failed: 0,
      },
    ]);
  });

  it('come page by page', async () => {
    for (const limit of [1, 2, 5, 24]) {
      expect((await pages({ ...span, jobId: 7 }, limit)).map(told)).to.deep.equal(ofJob7);
    }
  });

  it('of a disabled job are found by their outcome', async () => {
    for (const limit of [1, 500]) {
      const skipped = await pages({ ...span, jobId: 7, outcomes: ['skipped'] }, limit);
      expect(skipped.map(told)).to.deep.equal(ofJob7.filter((slot) => slot.includes('skipped')));
    }
  });

  it('of a deleted job end with its deletion', async () => {
    const slots = await pages({ from: at('09:00'), to: at('10:00'), jobId: 9 }, 500, { tenant: 'globex' });
    expect(slots.at(-1)?.at).to.equal(at('09:30'));
  });

  it('exclude the start of the span, and include its end', async () => {
    const cut = await pages({ jobId: 7, from: at('09:01'), to: at('09:03') });
    expect(cut.map(told)).to.deep.equal(ofJob7.slice(1, 3));
  });

  it('are in order of time, then of jobs, for all jobs of a tenant', async () => {
    const all = await pages(span, 3);
    expect(all.map(({ at: slot, jobId }) => `${slot} ${jobId}`)).to.deep.equal(
      all.map(({ at: slot, jobId }) => `${slot} ${jobId}`).toSorted(),
    );
    const ofAll = all.filter(({ jobId }) => jobId === 7).map(told);
    expect(ofAll, 'without those of a disabled job').to.deep.equal(
      ofJob7.filter((slot) => !WHILE_DISABLED.includes(slot)),
    );
    expect(all.filter(({ jobId }) => jobId === 8).map(told)).to.deep.equal([
      '09:10 fired execution 6 version 1',
      '09:20 due version 1',
      '09:30 due version 1',
      '09:40 due version 1',
    ]);
    expect(all.map(({ jobId }) => jobId)).to.not.include(9);
  });

  for (const [outcomes, count] of [
    [['missed', 'skipped'], 8],
    [['skipped'], 5],
    [['late'], 1],
    [['fired'], 4],
    [['due'], 3],
    [['late', 'missed', 'due'], 7],
  ] as const) {
    it(`are those with an outcome that is requested: ${outcomes}`, async () => {
      const all = await pages(span);
      for (const limit of [2, 500]) {
        const filtered = await pages({ ...span, outcomes }, limit);
        expect(filtered).to.deep.equal(all.filter(({ outcome }) => outcomes.some((each) => each === outcome)));
        expect(filtered).to.have.length(count);
      }
    });
  }

  it('are skipped in a blackout window before that is recorded, also those to come', async () => {
    const umbrella = { tenant: 'umbrella' };
    const all = await pages({ jobId: 11, from: at('09:00'), to: at('09:06') }, 500, umbrella);
    expect(all.map(told)).to.deep.equal([
      '09:01 due version 1',
      '09:02 skipped PAUSED version 1',
      '09:03 due version 1',
      '09:04 skipped CALENDAR version 1',
      '09:05 skipped CALENDAR version 1',
      '09:06 due version 1',
    ]);
    for (const limit of [1, 500]) {
      const skipped = await pages({ from: at('09:00'), to: at('09:06'), outcomes: ['skipped'] }, limit, umbrella);
      expect(skipped).to.deep.equal(all.filter(({ outcome }) => outcome === 'skipped'));
    }
  });

  it('are counted by the outcome of them and why, once they are settled', async () => {
    const counts = {
      fired: 3,
      late: { ENGINE_DOWN: 1 },
      skipped: { OVERLAP: 2, DISABLED: 1 },
      missed: { ENGINE_DOWN: 3 },
    };
    expect(await projecting.queries.slotCounts(acme)).to.deep.equal(counts);
    const all = await projecting.queries.slotCounts({ tenant: EVERY_TENANT });
    expect(all).to.deep.include({ fired: 33, missed: { ENGINE_DOWN: 63 } });
    const none = { fired: 0, late: {}, skipped: {}, missed: {} };
    expect(await projecting.queries.slotCounts({ tenant: 'nobody' })).to.deep.equal(none);
  });

  it('are found however many are of one job', async () => {
    const initech = { tenant: 'initech' };
    const hour = { from: at('09:00'), to: at('10:00'), outcomes: ['missed'] } as const;
    for (const limit of [7, 500]) {
      const missed = await pages(hour, limit, initech);
      expect(missed.map(({ at: slot }) => Number(slot.slice(14, 16)))).to.deep.equal(
        Array.from({ length: 30 }, (_, index) => 2 * index + 1),
      );
    }
  });

  it('show an administrator those of all tenants', async () => {
    const missed = await pages({ ...span, outcomes: ['missed'] }, 7, { tenant: EVERY_TENANT });
    const counts = [7, 8, 9, 10].map((jobId) => missed.filter((each) => each.jobId === jobId).length);
    expect(counts).to.deep.equal([3, 0, 30, 20]);
  });
});
