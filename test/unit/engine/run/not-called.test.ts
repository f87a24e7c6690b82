import { expect } from 'chai';
import { NO_CLOSURES } from '../../../../src/domain/closure/closure.ts';
import { initialRuns } from '../../../../src/domain/execution/tail.ts';
import { DEFAULT_RULES } from '../../../../src/domain/job/rules.ts';
import { recordNotCalled } from '../../../../src/engine/run/not-called.ts';
import { manualWorld } from '../../../support/world.ts';

const BUSY = 'https://busy.test';

describe('a call that a pause of its target forbids', () => {
  const world = manualWorld();
  const closures = {
    isPaused: ({ target }: { target: string | undefined }) => target === BUSY,
    hasPauses: () => true,
    closuresOf: () => NO_CLOSURES,
  };
  const outcomeOf = (target: string | undefined, attempt: number, trigger: 'manual' | 'schedule' = 'manual') => {
    const job = { jobId: 7, tenant: 'acme', applicationId: 1, target, rules: DEFAULT_RULES, runs: initialRuns };
    const claim = { executionId: 3, attempt, trigger, engineId: 'e1', scheduledAt: '2026-01-01T00:00:00.000Z' };
    return recordNotCalled(Object({ world, closures }), Object({ job, claim }), BUSY);
  };

  it('is retried as soon as the pause ends, if the job states its target', () => {
    expect(outcomeOf(BUSY, 2)).to.deep.include({ kind: 'failed', retryAfterMs: 0 });
  });
  it('is tried again after longer and longer, if parameters choose the target', () => {
    const pauses = [1, 2, 3, 40].map((attempt) => Object(outcomeOf(undefined, attempt)).retryAfterMs);
    expect(pauses).to.deep.equal([5_000, 10_000, 20_000, 300_000]);
  });
  it('costs a slot its call', () => {
    expect(outcomeOf(undefined, 1, 'schedule')).to.deep.include({ kind: 'cancelled', superseded: true });
  });
});
