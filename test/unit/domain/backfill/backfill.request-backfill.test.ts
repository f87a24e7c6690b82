import { expect } from 'chai';
import { requestBackfill, type SlotHistory, slotsOfSpan } from '../../../../src/domain/backfill/backfill.ts';
import { DomainError } from '../../../../src/domain/domain-error.ts';
import type { Reprocess, RunEvent } from '../../../../src/domain/events/index.ts';
import { evolveRuns, initialRuns, type Runs } from '../../../../src/domain/execution/tail.ts';
import { specOf } from '../../../support/given.ts';
import { aJob } from '../../../support/jobs.ts';

const at = (clock: string): number => Date.parse(`2026-03-01T${clock}:00Z`);
const NOW_MS = at('12:00');
const job = { status: 'enabled' as const, definition: aJob({ pattern: '0 * * * *' }) };
const span = { afterMs: at('07:00'), untilMs: at('11:00') };
const slotsMs = [8, 9, 10, 11].map((hour) => at(`${String(hour).padStart(2, '0')}:00`));
/** Of four slots, one succeeded, one failed, one is open, and one never ran. */
const history: SlotHistory = new Map([
  [at('08:00'), 'succeeded'],
  [at('09:00'), 'unsuccessful'],
  [at('10:00'), 'open'],
]);
const settled: Runs = { ...initialRuns, jobRevision: 0, cursorMs: at('11:30') };

const request = (runs: Runs, reprocess: Reprocess, other: Partial<Parameters<typeof requestBackfill>[1]> = {}) =>
  requestBackfill(runs, {
    job,
    jobRevision: 0,
    backfillId: 5,
    span,
    slotsMs,
    history,
    reprocess,
    parallel: 2,
    createdBy: 'ann',
    reason: 'the CRM was down',
    nowMs: NOW_MS,
    ...other,
  });

/** The hours of the slots that the only backfill has. */
const hoursOf = (events: readonly RunEvent[]): string => {
  const chosen = events[0]?.type === 'BackfillRequested' ? events[0].data.slots : undefined;
  if (chosen === undefined) return '';
  const bits = chosen.bits === undefined ? 0b1111 : (Buffer.from(chosen.bits, 'base64')[0] ?? 0);
  const first = slotsMs.findIndex((slotMs) => slotMs > Date.parse(chosen.after));
  const last = slotsMs.indexOf(Date.parse(chosen.until));
  return slotsMs
    .filter((_, index) => index >= first && index <= last && ((bits >> (index - first)) & 1) === 1)
    .map((slotMs) => new Date(slotMs).getUTCHours())
    .join(' ');
};

const rejectionOf = (act: () => unknown) => {
  try {
    act();
  } catch (error) {
    if (error instanceof DomainError) return [error.code, ...error.errors.map(({ pointer }) => pointer)];
  }
  return 'was accepted';
};

describe('requesting a backfill', () => {
  it('records which slots should be called, and keeps them in the tail', () => {
    const slots = {
      schedule: { pattern: '0 * * * *', timezone: 'UTC', scheduleSince: job.definition.scheduleSince },
      after: '2026-03-01T08:59:59.999Z',
      until: '2026-03-01T11:00:00.000Z',
      bits: 'BQ==',
    };
    specOf<Runs, RunEvent>(settled, evolveRuns)
      .given()
      .when((runs) => request(runs, 'failed'))
      .then({
        type: 'BackfillRequested',
        data: {
          tenant: job.definition.tenant,
          applicationId: job.definition.applicationId,
          jobId: job.definition.jobId,
          backfillId: 5,
          from: '2026-03-01T07:00:00.000Z',
          to: '2026-03-01T11:00:00.000Z',
          reprocess: 'failed',
          parallel: 2,
          total: 2,
          slots,
          createdAt: '2026-03-01T12:00:00.000Z',
          createdBy: 'ann',
          reason: 'the CRM was down',
          tail: {
            jobRevision: 0,
            cursor: '2026-03-01T11:30:00.000Z',
            runs: 0,
            open: [],
            backfills: [{ ...slots, backfillId: 5, parallel: 2, createdBy: 'ann' }],
          },
        },
      });
  });

  const chosen: readonly (readonly [Reprocess, string])[] = [
    ['none', '11'],
    ['failed', '9 11'],
    ['all', '8 9 10 11'],
  ];
  for (const [reprocess, hours] of chosen) {
    it(`${reprocess}: takes the slots of ${hours} o'clock`, () => {
      expect(hoursOf(request(settled, reprocess))).to.equal(hours);
    });
  }

  it('leaves out slots that the schedule has not settled yet, or that are caught up with', () => {
    const catchUp = [{ afterMs: at('08:00'), untilMs: at('09:00') }];
    const behind: Runs = { ...settled, cursorMs: at('10:30'), catchUp };
    expect(hoursOf(request(behind, 'none', { history: new Map() }))).to.equal('8 10');
  });
  it('takes the slots of a job that is disabled or has made all its runs', () => {
    const behind: Runs = { ...settled, cursorMs: at('09:30') };
    const disabled = { status: 'disabled' as const, definition: job.definition };
    const over = { ...job, definition: { ...job.definition, maxRuns: 3 } };
    expect(hoursOf(request(behind, 'none', { job: disabled }))).to.equal('11');
    expect(hoursOf(request({ ...behind, runs: 3 }, 'none', { job: over }))).to.equal('11');
  });
  it('settles those of a disabled job, as the clock may be set back before it is enabled, and no others', () => {
    const behind: Runs = { ...settled, cursorMs: at('09:30') };
    const disabled = { status: 'disabled' as const, definition: job.definition };
    const cursorAfter = (...requested: Parameters<typeof request>) =>
      request(...requested)[0]?.data.tail.cursor.slice(11, 16);
    expect(cursorAfter(behind, 'none', { job: disabled })).to.equal('11:00');
    expect(cursorAfter(behind, 'all', { job: disabled })).to.equal('11:00');
    expect(cursorAfter(settled, 'none', { job: disabled })).to.equal('11:30');
    expect(cursorAfter(behind, 'none', { job: disabled, slotsMs: [at('08:00')] })).to.equal('09:30');
    expect(cursorAfter(behind, 'all', { job: disabled, jobRevision: 1 })).to.equal('09:30');
    expect(cursorAfter(behind, 'all')).to.equal('09:30');
  });
  it('settles those of a job that has made all its runs, as the clock may be set back before it may make more', () => {
    const behind: Runs = { ...settled, cursorMs: at('09:30') };
    const limited = { ...job, definition: { ...job.definition, maxRuns: 3 } };
    const cursorAfter = (runs: number) =>
      request({ ...behind, runs }, 'none', { job: limited })[0]?.data.tail.cursor.slice(11, 16);
    expect(cursorAfter(3)).to.equal('11:00');
    expect(cursorAfter(2)).to.equal('09:30');
  });
  it('leaves out slots that another backfill is still to call', () => {
    const after = request(settled, 'none').reduce<Runs>(evolveRuns, settled);
    expect(hoursOf(request(after, 'failed', { backfillId: 6 }))).to.equal('9');
  });

  it('may have nothing to call', () => {
    const [event] = request(settled, 'none', { slotsMs: [at('08:00')] });
    expect(event?.data).to.include({ total: 0 }).and.not.have.property('slots');
    expect(event?.data.tail).to.not.have.property('backfills');
  });
  it('is rejected if five others have slots left', () => {
    const [event] = request(settled, 'all');
    const other = event?.data.tail.backfills?.[0] ?? expect.fail('no backfill');
    const backfills = [1, 2, 3, 4, 5].map((backfillId) => ({ ...other, backfillId }));
    expect(rejectionOf(() => request({ ...settled, backfills }, 'all'))).to.deep.equal(['TOO_MANY_BACKFILLS']);
  });
});

describe('the span of a backfill', () => {
  const slots = (from: string, to: string, pattern = '0 * * * *') =>
    slotsOfSpan({ definition: aJob({ pattern }) }, { afterMs: at(from), untilMs: at(to) }, NOW_MS);

  it('excludes its beginning and includes its end', () => {
    expect(slots('07:00', '09:00')).to.deep.equal([at('08:00'), at('09:00')]);
  });
  it('holds at most 10,000 slots', () => {
    expect(slots('09:00', '11:46', '* * * * * *')).to.have.length(9_960);
    expect(rejectionOf(() => slots('09:00', '11:47', '* * * * * *'))).to.deep.equal(['BAD_RANGE', '/from', '/to']);
  });
  it('is not in the future', () => {
    expect(rejectionOf(() => slots('11:00', '12:01'))).to.deep.equal(['BAD_RANGE', '/to']);
    expect(rejectionOf(() => slots('12:01', '12:02'))).to.deep.equal(['BAD_RANGE', '/from', '/to']);
  });
  it('needs a schedule', () => {
    const { pattern: _, ...definition } = aJob({});
    const span = { afterMs: at('07:00'), untilMs: at('09:00') };
    expect(rejectionOf(() => slotsOfSpan({ definition }, span, NOW_MS))).to.deep.equal(['BAD_SCHEDULE']);
  });
  it('ends after it begins', () => {
    expect(rejectionOf(() => slots('11:00', '11:00'))).to.deep.equal(['BAD_RANGE', '/from', '/to']);
  });
});
