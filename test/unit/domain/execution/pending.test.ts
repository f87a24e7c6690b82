import { expect } from 'chai';
import type { OpenExecution } from '../../../../src/domain/events/index.ts';
import { startableNow, waitsFor } from '../../../../src/domain/execution/pending.ts';
import { initialRuns } from '../../../../src/domain/execution/tail.ts';
import { rulesOf } from '../../../../src/domain/job/rules.ts';

const at = '2026-03-01T09:00:00.000Z';
const nowMs = Date.parse(at);

const execution = (executionId: number, state: OpenExecution['state']): OpenExecution => ({
  executionId,
  attempt: 1,
  state,
  trigger: 'schedule',
  scheduledAt: at,
  createdAt: at,
  ...(state === 'pending' ? { retryAt: at } : {}),
});

const startable = (overlap: 'allow' | 'queue', open: readonly OpenExecution[]): number | undefined =>
  startableNow({ ...initialRuns, open }, { rules: rulesOf({ overlap }), slots: undefined, isPaused: false, nowMs })
    ?.executionId;

describe('executions that wait', () => {
  it('start one at a time, and in order', () => {
    expect(startable('queue', [execution(1, 'pending'), execution(2, 'pending')])).to.equal(1);
    expect(startable('queue', [execution(1, 'running'), execution(2, 'pending')])).to.equal(undefined);
    expect(startable('allow', [execution(1, 'running'), execution(2, 'pending')])).to.equal(2);
  });
  it('start beside none that began behind them while the rules let it', () => {
    const began = [execution(1, 'pending'), execution(2, 'running')];
    expect(startable('allow', began)).to.equal(1);
    expect(startable('queue', began)).to.equal(undefined);
    expect(startable('queue', [execution(1, 'pending'), execution(2, 'awaiting')])).to.equal(undefined);
  });
  it('use the overlap of the run before that of the job', () => {
    const [running, requested] = [execution(1, 'running'), execution(2, 'pending')];
    expect(startable('queue', [running, { ...requested, overlap: 'allow' }])).to.equal(2);
    expect(startable('allow', [running, { ...requested, overlap: 'queue' }])).to.equal(undefined);
  });
  it('wait for a pause, for others, for their next attempt or for their limit', () => {
    const retried = execution(2, 'pending');
    const waits = (other: { open?: OpenExecution[]; isPaused?: boolean; isAtLimit?: boolean; nowMs?: number } = {}) => {
      const { open = [retried], isPaused = false, isAtLimit = true } = other;
      const rules = rulesOf({ overlap: 'queue' });
      return waitsFor({ ...initialRuns, open }, retried, {
        rules,
        slots: undefined,
        isPaused,
        isAtLimit,
        nowMs,
        ...other,
      });
    };
    expect(waits({ isPaused: true })).to.equal('PAUSED');
    expect(waits({ open: [execution(1, 'running'), retried] })).to.equal('OVERLAP');
    expect(waits({ nowMs: nowMs - 1 })).to.equal(undefined);
    expect(waits()).to.equal('LIMIT');
    expect(waits({ isAtLimit: false })).to.equal(undefined);
  });
});
