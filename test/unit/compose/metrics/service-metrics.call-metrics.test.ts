import { expect } from 'chai';
import { measureCalls } from '../../../../src/compose/metrics/service-metrics.ts';
import type { HttpOutcome } from '../../../../src/domain/execution/outcome.ts';
import { compileSchedule, jobSlots } from '../../../../src/domain/schedule/index.ts';
import type { PlainCall } from '../../../../src/engine/run/send-task.ts';
import type { Metrics } from '../../../../src/telemetry/metrics.ts';
import { job } from '../../../support/http.ts';
import { stub } from '../../../support/stub.ts';

const SLOT = '2026-01-02T02:00:00.000Z';
const SLOT_MS = Date.parse(SLOT);
type Task = PlainCall;

const claim: Task['claim'] = {
  tenant: 'default',
  applicationId: 1,
  jobId: 7,
  executionId: 42,
  attempt: 1,
  engineId: 'e',
  trigger: 'schedule',
  scheduledAt: SLOT,
  createdAt: SLOT,
  jobRevision: 3,
  tail: { jobRevision: 3, cursor: SLOT, runs: 1, open: [] },
};

const failed = (times: { startedAtMs?: number; finishedAtMs: number }): HttpOutcome => ({
  kind: 'failed',
  ...times,
  error: { code: 'HTTP_500', message: '' },
});

describe('the measures of calls', () => {
  type Changes = { readonly claimed?: Partial<Task['claim']>; readonly definition?: Task['definition'] };
  const measured = (end: HttpOutcome, { claimed, definition = job }: Changes = {}) => {
    const observed: [string, object, number][] = [];
    const histogram: Metrics['histogram'] = (name) => (labels, value) => void observed.push([name, labels, value]);
    measureCalls(stub<Metrics>({ histogram }))({ claim: { ...claim, ...claimed }, definition }, end);
    return observed;
  };

  it('are how late a slot was sent, and how long the call took', () => {
    const end = failed({ startedAtMs: SLOT_MS + 1_250, finishedAtMs: SLOT_MS + 3_250 });
    expect(measured(end)).to.deep.equal([
      ['carillon_call_duration_seconds', { outcome: 'failed' }, 2],
      ['carillon_slot_lateness_seconds', {}, 1.25],
    ]);
  });

  it('are without lateness if no slot was called for the first time', () => {
    const end = failed({ startedAtMs: SLOT_MS + 90_000, finishedAtMs: SLOT_MS + 91_000 });
    for (const claimed of [{ trigger: 'manual' as const }, { attempt: 2 }]) {
      expect(measured(end, { claimed }).map(([name]) => name)).to.deep.equal(['carillon_call_duration_seconds']);
    }
  });

  it('count from when a slot with jitter was due', () => {
    const definition = { ...job, jitter: '10m' };
    const slots = jobSlots({ schedule: compileSchedule(definition), jobId: 7, jitterMs: 600_000 });
    const dueMs = slots.dueMs(SLOT_MS);
    expect(dueMs).to.be.above(SLOT_MS + 1_000);
    const end = failed({ startedAtMs: dueMs + 500, finishedAtMs: dueMs + 600 });
    expect(measured(end, { definition }).at(-1)).to.deep.equal(['carillon_slot_lateness_seconds', {}, 0.5]);
  });

  it('are none of a call that was not sent', () => {
    expect(measured(failed({ finishedAtMs: SLOT_MS }))).to.deep.equal([]);
  });
});
