import { expect } from 'chai';
import type { OpenExecution, RuleFields } from '../../../../src/domain/events/index.ts';
import { endOfJob } from '../../../../src/domain/execution/overlap-decision.ts';
import { initialRuns, type Runs } from '../../../../src/domain/execution/tail.ts';
import { rulesOf } from '../../../../src/domain/job/rules.ts';
import { compileSchedule } from '../../../../src/domain/schedule/index.ts';

const LAST = '2026-03-01T09:00:00.000Z';
const pattern = { pattern: '0 9 * * *', timezone: 'UTC', scheduleSince: LAST };
const daily = compileSchedule(pattern);
const ended = compileSchedule({ ...pattern, endAt: '2026-03-02T00:00:00.000Z' });
const running: OpenExecution = {
  executionId: 1,
  attempt: 1,
  state: 'running',
  trigger: 'schedule',
  scheduledAt: LAST,
  createdAt: LAST,
};

describe('the end of a job', () => {
  const runsAt = (other: Partial<Runs> = {}): Runs => ({ ...initialRuns, cursorMs: Date.parse(LAST), ...other });
  const nowMs = Date.parse(LAST) + 3_600_000;
  const end = (runs: Runs, fields: RuleFields, slots = ended, status: 'enabled' | 'disabled' = 'enabled') =>
    endOfJob(runs, { rules: rulesOf(fields), status, slots }, nowMs);

  it('is its deletion once no slot is left and nothing is open', () => {
    expect(end(runsAt(), { afterCompletion: 'delete' })).to.equal('delete');
    expect(end(runsAt({ open: [running] }), { afterCompletion: 'delete' })).to.equal(undefined);
    expect(end(runsAt(), { afterCompletion: 'delete' }, daily)).to.equal(undefined);
    expect(end(runsAt(), { afterCompletion: 'keep' })).to.equal(undefined);
    expect(end(runsAt(), { afterCompletion: 'delete' }, ended, 'disabled')).to.equal(undefined);
  });
  it('is its deletion once it has made all its runs', () => {
    expect(end(runsAt({ runs: 2 }), { maxRuns: 3, afterCompletion: 'delete' }, daily)).to.equal(undefined);
    expect(end(runsAt({ runs: 3 }), { maxRuns: 3, afterCompletion: 'delete' }, daily)).to.equal('delete');
  });
  it('is its deletion some time after its last slot, if it states that', () => {
    const afterMinutes = (minutes: number, runs = runsAt()) =>
      end(runs, { afterCompletion: 'delete', deleteAfter: `${minutes}m` });
    expect([afterMinutes(60), afterMinutes(61)]).to.deep.equal(['delete', undefined]);
    expect(afterMinutes(60, runsAt({ open: [running] })), 'while it runs').to.equal(undefined);
  });
  it('waits for late slots that are still to be called', () => {
    const catchUp = [{ afterMs: 0, untilMs: Date.parse(LAST) }];
    expect(end(runsAt({ catchUp }), { afterCompletion: 'delete' })).to.equal(undefined);
  });
  it('is its disabling after as many failures in a row as it allows', () => {
    expect(end(runsAt({ failuresInRow: 1 }), { disableAfter: 2 }, daily)).to.equal(undefined);
    expect(end(runsAt({ failuresInRow: 2 }), { disableAfter: 2 }, daily)).to.equal('disable');
  });
});
