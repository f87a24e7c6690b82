import { expect } from 'chai';
import { cancelBackfill, chooseSlots, MAX_OPEN_FOR_BACKFILLS } from '../../../../src/domain/backfill/backfill.ts';
import type { RuleFields, WaitingBackfill } from '../../../../src/domain/events/index.ts';
import { canCallNext } from '../../../../src/domain/execution/decide.ts';
import { rulesOf } from '../../../../src/domain/job/rules.ts';
import { compileSchedule } from '../../../../src/domain/schedule/index.ts';
import { at, ledgerOf } from '../../../support/run-ledger.ts';

const job = { tenant: 'acme', applicationId: 3, jobId: 7 };
const schedule = { pattern: '* * * * *', timezone: 'UTC', scheduleSince: '2026-01-01T00:00:00.000Z' };
const slots = compileSchedule(schedule);

const backfillOf = (clocks: readonly string[], other: Partial<WaitingBackfill> = {}): WaitingBackfill => {
  const slotsMs = clocks.map((clock) => at(`${clock}:00`));
  const chosen = chooseSlots(schedule, slotsMs, () => true);
  if (chosen === undefined) throw new Error('a backfill without slots');
  return { ...chosen, backfillId: 5, parallel: 1, createdBy: 'ann', ...other };
};

/** A job whose runs are settled up to 09:00:30, in one engine. */
const jobWith = (backfills: readonly WaitingBackfill[], fields: RuleFields = {}) => {
  const ledger = ledgerOf(fields, { fromMs: at('09:00:30'), backfills });
  const withoutIds = (lines: readonly string[]): string[] => lines.map((line) => line.replace(/^\d+ /, ''));
  return {
    ...ledger,
    look: (...given: Parameters<typeof ledger.look>) => withoutIds(ledger.look(...given)),
    end: (clock: string): string[] =>
      withoutIds(
        ledger
          .runs()
          .open.slice(0, 1)
          .flatMap(({ executionId }) => ledger.end(executionId, clock)),
      ),
    cancel: (backfillId: number) =>
      ledger.take(cancelBackfill(ledger.runs(), { job, reason: 'CANCELLED', backfillId })),
    may: () => {
      const requested = { rules: rulesOf(fields), status: 'enabled' as const, slots, nowMs: at('09:00:40') };
      const input = { ...requested, isPaused: false };
      return canCallNext(ledger.runs(), input);
    },
  };
};

const NOW = Number.NEGATIVE_INFINITY;

describe('a backfill', () => {
  it('is called slot by slot, each once, and is gone from the tail after the last', () => {
    const ledger = jobWith([backfillOf(['08:00', '08:01'])]);
    expect(ledger.nextLook()).to.equal(NOW);
    expect(ledger.look('09:00:40')).to.deep.equal(['starts 08:00 of 5']);
    expect(ledger.runs().backfills).to.deep.equal([backfillOf(['08:01'], { after: '2026-03-01T08:00:00.000Z' })]);
    expect(ledger.look('09:00:41')).to.deep.equal([]);
    ledger.end('09:00:42');
    expect(ledger.look('09:00:43')).to.deep.equal(['starts 08:01 of 5']);
    expect(ledger.runs().backfills).to.deep.equal([]);
    ledger.end('09:00:44');
    expect(ledger.look('09:00:45')).to.deep.equal([]);
  });

  it('does not count as a run of the schedule', () => {
    const ledger = jobWith([backfillOf(['08:00'])], { maxRuns: 1 });
    ledger.look('09:00:40');
    expect(ledger.runs().runs).to.equal(0);
  });

  it('continues after the schedule has made all its runs', () => {
    const ledger = jobWith([backfillOf(['08:00'])], { maxRuns: 1 });
    expect(ledger.look('09:01:00')).to.deep.equal(['starts 09:01']);
    ledger.end('09:01:01');
    expect(ledger.may()).to.equal(true);
    expect(ledger.look('09:01:02')).to.deep.equal(['starts 08:00 of 5']);
  });

  it('keeps a completed job until it has ended', () => {
    const ledger = jobWith([backfillOf(['08:00'])], { maxRuns: 1, afterCompletion: 'delete' });
    ledger.look('09:01:00');
    ledger.end('09:01:01');
    expect(ledger.look('09:01:02')).to.deep.equal(['starts 08:00 of 5']);
  });

  it('lets a slot that is due go first', () => {
    const ledger = jobWith([backfillOf(['08:00'])]);
    expect(ledger.look('09:01:00')).to.deep.equal(['starts 09:01']);
    ledger.end('09:01:01');
    expect(ledger.look('09:01:02')).to.deep.equal(['starts 08:00 of 5']);
  });

  for (const misfire of ['last', 'skip'] as const) {
    it(`makes a slot that is due in the meantime wait, and is not why it is skipped (misfire ${misfire})`, () => {
      const ledger = jobWith([backfillOf(['08:00', '08:01'])], { misfire });
      ledger.look('09:00:40');
      expect(ledger.look('09:01:00')).to.deep.equal([]);
      expect(ledger.end('09:01:10')).to.deep.equal(['succeeded']);
      expect(
        ledger.look('09:01:10', {
          lateBecause: { untilMs: at('09:00:00'), reason: 'ENGINE_DOWN', sinceThen: 'OVERLAP' },
        }),
      ).to.deep.equal(['starts 09:01 late OVERLAP']);
    });
  }

  it('waits while another execution of the job is open', () => {
    const ledger = jobWith([backfillOf(['08:00'])], { overlap: 'queue' });
    ledger.look('09:01:00');
    expect(ledger.look('09:01:01')).to.deep.equal([]);
  });

  it('calls up to its maximum of slots simultaneously, if executions of the job can overlap', () => {
    const ledger = jobWith([backfillOf(['08:00', '08:01', '08:02'], { parallel: 2 })], { overlap: 'allow' });
    expect(ledger.look('09:00:40')).to.deep.equal(['starts 08:00 of 5']);
    expect(ledger.look('09:00:40')).to.deep.equal(['starts 08:01 of 5']);
    expect(ledger.look('09:00:40')).to.deep.equal([]);
    expect(ledger.nextLook()).to.equal(at('09:00:59.800'));
    expect(ledger.look('09:01:00')).to.deep.equal(['starts 09:01']);
  });

  it('runs beside another backfill', () => {
    const backfills = [backfillOf(['08:00', '08:01']), backfillOf(['07:00'], { backfillId: 6 })];
    const ledger = jobWith(backfills, { overlap: 'allow' });
    ledger.look('09:00:40');
    expect(ledger.look('09:00:40')).to.deep.equal(['starts 07:00 of 6']);
    expect(ledger.look('09:00:40')).to.deep.equal([]);
  });

  it('leaves room to the schedule', () => {
    const clocks = Array.from({ length: 60 }, (_, minute) => `07:${String(minute).padStart(2, '0')}`);
    const ledger = jobWith([backfillOf(clocks, { parallel: 100 })], { overlap: 'allow' });
    let calls = 0;
    while (ledger.look('09:00:40').length > 0) calls += 1;
    expect(calls).to.equal(MAX_OPEN_FOR_BACKFILLS);
  });

  it('waits for a place, and while the job is paused', () => {
    const ledger = jobWith([backfillOf(['08:00'])]);
    expect(ledger.look('09:00:40', { mayCall: false })).to.deep.equal([]);
    expect(ledger.look('09:00:40', { isPaused: true })).to.deep.equal([]);
    expect(ledger.nextLook({ waitsForPlace: true })).to.be.greaterThan(at('09:00:40'));
    expect(ledger.nextLook({ isPaused: true })).to.be.greaterThan(at('09:00:40'));
  });

  it('continues while the job is disabled', () => {
    const ledger = jobWith([backfillOf(['08:00'])]);
    ledger.hear('disabled');
    expect(ledger.nextLook()).to.equal(NOW);
    expect(ledger.look('09:00:40')).to.deep.equal(['starts 08:00 of 5']);
  });

  it('ends when it is cancelled; what has begun continues', () => {
    const ledger = jobWith([backfillOf(['08:00', '08:01', '08:02'])]);
    ledger.look('09:00:40');
    expect(ledger.cancel(5)).to.deep.equal(['cancelled backfill 5: 2 CANCELLED']);
    expect(ledger.cancel(5)).to.deep.equal([]);
    expect(ledger.runs().open).to.have.length(1);
    ledger.end('09:00:42');
    expect(ledger.look('09:00:43')).to.deep.equal([]);
  });

  it('ends when its job is deleted', () => {
    const ledger = jobWith([backfillOf(['08:00', '08:01']), backfillOf(['07:00'], { backfillId: 6 })]);
    expect(ledger.edit('09:00:40', 'deleted')).to.deep.equal([
      'taken',
      'cancelled backfill 5: 2 JOB_DELETED',
      'cancelled backfill 6: 1 JOB_DELETED',
    ]);
    expect(ledger.runs().backfills).to.deep.equal([]);
  });
});
