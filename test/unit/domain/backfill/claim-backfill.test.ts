import { expect } from 'chai';
import { chooseSlots } from '../../../../src/domain/backfill/chosen-slots.ts';
import { cancelBackfill, MAX_OPEN_FOR_BACKFILLS } from '../../../../src/domain/backfill/claim-backfill.ts';
import { NO_CLOSURES } from '../../../../src/domain/closure/closure.ts';
import type { RuleFields, RunEvent, WaitingBackfill } from '../../../../src/domain/events/index.ts';
import { canCallNext, canTakeId, decideRuns } from '../../../../src/domain/execution/decide.ts';
import { nextWakeupMs } from '../../../../src/domain/execution/next-wakeup.ts';
import { type Outcome, recordOutcome } from '../../../../src/domain/execution/outcome.ts';
import { evolveRuns, initialRuns, type Runs } from '../../../../src/domain/execution/tail.ts';
import { takeDefinition } from '../../../../src/domain/execution/take-definition.ts';
import { rulesOf } from '../../../../src/domain/job/rules.ts';
import { compileSchedule } from '../../../../src/domain/schedule/index.ts';
import { aJob } from '../../../support/jobs.ts';

const job = { tenant: 'acme', applicationId: 3, jobId: 7 };
const schedule = { pattern: '* * * * *', timezone: 'UTC', scheduleSince: '2026-01-01T00:00:00.000Z' };
const slots = compileSchedule(schedule);
const at = (clock: string): number => Date.parse(`2026-03-01T${clock}Z`);

const backfillOf = (clocks: readonly string[], other: Partial<WaitingBackfill> = {}): WaitingBackfill => {
  const slotsMs = clocks.map((clock) => at(`${clock}:00`));
  const chosen = chooseSlots(schedule, slotsMs, () => true);
  if (chosen === undefined) throw new Error('a backfill without slots');
  return { ...chosen, backfillId: 5, parallel: 1, createdBy: 'ann', ...other };
};

const say = (event: RunEvent): string => {
  const clock = (instant: string) => instant.slice(11, 16);
  switch (event.type) {
    case 'ExecutionStarted': {
      const { trigger, scheduledAt, backfillId, late } = event.data;
      const of = backfillId === undefined ? '' : ` of ${backfillId}`;
      return `${trigger} ${clock(scheduledAt)}${of}${late === undefined ? '' : ` late ${late}`}`;
    }
    case 'OccurrencesMissed':
    case 'OccurrencesSkipped':
      return `${event.type.slice(11).toLowerCase()} ${clock(event.data.first)}-${clock(event.data.last)} ${event.data.reason}`;
    case 'BackfillCancelled':
      return `cancelled ${event.data.backfillId}: ${event.data.count} ${event.data.why}`;
    default:
      return event.type;
  }
};

/** A job whose runs are settled up to 09:00:30, in one engine. */
const jobWith = (backfills: readonly WaitingBackfill[], fields: RuleFields = {}) => {
  const rules = rulesOf(fields);
  let runs: Runs = { ...initialRuns, jobRevision: 0, cursorMs: at('09:00:30'), backfills };
  let executionId = 40;
  let status: 'enabled' | 'disabled' = 'enabled';
  const take = (events: readonly RunEvent[]): string[] => {
    runs = events.reduce(evolveRuns, runs);
    return events.map(say);
  };
  const ofSlots = () => (status === 'enabled' ? slots : undefined);
  return {
    runs: () => runs,
    disable: (): void => {
      status = 'disabled';
    },
    look: (clock: string, other: { mayCall?: boolean; isPaused?: boolean; waited?: boolean } = {}): string[] => {
      executionId += 1;
      return take(
        decideRuns(runs, {
          randomFraction: 0,
          job,
          rules,
          defaultHooks: {},
          status,
          slots: ofSlots(),
          closures: NO_CLOSURES,
          isPaused: false,
          engineId: 'e1',
          nowMs: at(clock),
          aheadMs: 200,
          lateBecause: {
            untilMs: at('09:00:00'),
            reason: 'ENGINE_DOWN',
            sinceThen: other.waited ? 'OVERLAP' : 'ENGINE_BEHIND',
          },
          executionId,
          mayCall: true,
          atLimit: false,
          ...other,
        }),
      );
    },
    end: (clock: string): string[] => {
      const [open] = runs.open;
      if (open === undefined) return [];
      const times = { startedAtMs: at(clock), finishedAtMs: at(clock) };
      const result = { taskType: 'HttpInvokerTask' as const, status: 200, headers: {}, data: null, truncated: false };
      const outcome: Outcome = { kind: 'succeeded', ...times, result };
      const execution = { executionId: open.executionId, attempt: open.attempt, engineId: 'e1' };
      const activeDefinition = {
        rules,
        defaultHooks: {},
        status,
        randomFraction: 0,
        slots: ofSlots(),
        closures: NO_CLOSURES,
      };
      return take(recordOutcome(runs, { job, execution, outcome, delay: undefined, ...activeDefinition }));
    },
    delete: (clock: string): string[] => {
      const definition = aJob(fields);
      const previous = { definition, slots };
      const deleted = { job: { status: 'deleted' as const, definition }, jobRevision: runs.jobRevision + 1 };
      return take(takeDefinition(runs, { ...deleted, previous, closures: NO_CLOSURES, nowMs: at(clock) }));
    },
    cancel: (backfillId: number): string[] => take(cancelBackfill(runs, { job, why: 'CANCELLED', backfillId })),
    nextLook: (other: { isPaused?: boolean; waitsForPlace?: boolean } = {}): number =>
      nextWakeupMs(runs, {
        rules,
        status,
        slots: ofSlots(),
        closures: NO_CLOSURES,
        isPaused: false,
        aheadMs: 200,
        waitsForPlace: false,
        waitsForLimit: false,
        ...other,
      }),
    may: () => {
      const input = { rules, status, slots: ofSlots(), nowMs: at('09:00:40'), isPaused: false };
      return [canCallNext(runs, input), canTakeId(runs, { ...input, mayCall: true })];
    },
  };
};
const NOW = Number.NEGATIVE_INFINITY;

describe('a backfill', () => {
  it('is called slot by slot, each once, and is gone from the tail after the last', () => {
    const ledger = jobWith([backfillOf(['08:00', '08:01'])]);
    expect(ledger.nextLook()).to.equal(NOW);
    expect(ledger.look('09:00:40')).to.deep.equal(['backfill 08:00 of 5']);
    expect(ledger.runs().backfills).to.deep.equal([backfillOf(['08:01'], { after: '2026-03-01T08:00:00.000Z' })]);
    expect(ledger.look('09:00:41')).to.deep.equal([]);
    ledger.end('09:00:42');
    expect(ledger.look('09:00:43')).to.deep.equal(['backfill 08:01 of 5']);
    expect(ledger.runs().backfills).to.deep.equal([]);
    ledger.end('09:00:44');
    expect(ledger.look('09:00:45')).to.deep.equal([]);
  });

  it('does not count as a run of the schedule', () => {
    const ledger = jobWith([backfillOf(['08:00'])], { maxRuns: 1 });
    ledger.look('09:00:40');
    expect(ledger.runs().runs).to.equal(0);
  });

  it('goes on where the schedule has made all its runs', () => {
    const ledger = jobWith([backfillOf(['08:00'])], { maxRuns: 1 });
    expect(ledger.look('09:01:00')).to.deep.equal(['schedule 09:01']);
    ledger.end('09:01:01');
    expect(ledger.may()).to.deep.equal([true, true]);
    expect(ledger.look('09:01:02')).to.deep.equal(['backfill 08:00 of 5']);
  });

  it('keeps a completed job until it has ended', () => {
    const ledger = jobWith([backfillOf(['08:00'])], { maxRuns: 1, afterCompletion: 'delete' });
    ledger.look('09:01:00');
    ledger.end('09:01:01');
    expect(ledger.look('09:01:02')).to.deep.equal(['backfill 08:00 of 5']);
  });

  it('lets a slot that is due go first', () => {
    const ledger = jobWith([backfillOf(['08:00'])]);
    expect(ledger.look('09:01:00')).to.deep.equal(['schedule 09:01']);
    ledger.end('09:01:01');
    expect(ledger.look('09:01:02')).to.deep.equal(['backfill 08:00 of 5']);
  });

  for (const misfire of ['last', 'skip'] as const) {
    it(`makes a slot that comes due meanwhile wait, and is not why it is skipped (misfire ${misfire})`, () => {
      const ledger = jobWith([backfillOf(['08:00', '08:01'])], { misfire });
      ledger.look('09:00:40');
      expect(ledger.look('09:01:00')).to.deep.equal([]);
      expect(ledger.end('09:01:10')).to.deep.equal(['ExecutionSucceeded']);
      expect(ledger.look('09:01:10', { waited: true })).to.deep.equal(['schedule 09:01 late OVERLAP']);
    });
  }

  it('waits while another execution of the job is open', () => {
    const ledger = jobWith([backfillOf(['08:00'])], { overlap: 'queue' });
    ledger.look('09:01:00');
    expect(ledger.look('09:01:01')).to.deep.equal([]);
  });

  it('calls so many slots at once as it may, where executions of the job may overlap', () => {
    const ledger = jobWith([backfillOf(['08:00', '08:01', '08:02'], { parallel: 2 })], { overlap: 'allow' });
    expect(ledger.look('09:00:40')).to.deep.equal(['backfill 08:00 of 5']);
    expect(ledger.look('09:00:40')).to.deep.equal(['backfill 08:01 of 5']);
    expect(ledger.look('09:00:40')).to.deep.equal([]);
    expect(ledger.nextLook()).to.equal(at('09:00:59.800'));
    expect(ledger.look('09:01:00')).to.deep.equal(['schedule 09:01']);
  });

  it('lets another backfill go on beside it', () => {
    const backfills = [backfillOf(['08:00', '08:01']), backfillOf(['07:00'], { backfillId: 6 })];
    const ledger = jobWith(backfills, { overlap: 'allow' });
    ledger.look('09:00:40');
    expect(ledger.look('09:00:40')).to.deep.equal(['backfill 07:00 of 6']);
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

  it('goes on while the job is disabled', () => {
    const ledger = jobWith([backfillOf(['08:00'])]);
    ledger.disable();
    expect(ledger.nextLook()).to.equal(NOW);
    expect(ledger.look('09:00:40')).to.deep.equal(['backfill 08:00 of 5']);
  });

  it('ends when it is cancelled; what has begun goes on', () => {
    const ledger = jobWith([backfillOf(['08:00', '08:01', '08:02'])]);
    ledger.look('09:00:40');
    expect(ledger.cancel(5)).to.deep.equal(['cancelled 5: 2 CANCELLED']);
    expect(ledger.cancel(5)).to.deep.equal([]);
    expect(ledger.runs().open).to.have.length(1);
    ledger.end('09:00:42');
    expect(ledger.look('09:00:43')).to.deep.equal([]);
  });

  it('ends when its job is deleted', () => {
    const ledger = jobWith([backfillOf(['08:00', '08:01']), backfillOf(['07:00'], { backfillId: 6 })]);
    expect(ledger.delete('09:00:40')).to.deep.equal([
      'DefinitionActivated',
      'cancelled 5: 2 JOB_DELETED',
      'cancelled 6: 1 JOB_DELETED',
    ]);
    expect(ledger.runs().backfills).to.deep.equal([]);
  });
});
