import { expect } from 'chai';
import { createSensitiveNames } from '../../../src/domain/redaction/index.ts';
import type { CallOutcome } from '../../../src/engine/call/index.ts';
import { createRunTask, type Opener } from '../../../src/engine/run-task.ts';
import { aJob } from '../../support/jobs.ts';
import { manualWorld } from '../../support/world.ts';

const opener: Opener = {
  task: ({ taskConfig: { headers: _, auth: __, body: ___, ...task } }) => ({ task, secrets: [] }),
  secret: () => '',
  seal: () => ({ $sealed: { generation: 1, box: '', fingerprint: '' } }),
};

const claim = {
  tenant: 'acme',
  applicationId: 3,
  jobId: 7,
  executionId: 1,
  trigger: 'schedule' as const,
  scheduledAt: '2026-03-01T09:00:00.000Z',
  createdAt: '2026-03-01T09:00:00.000Z',
  attempt: 1,
  engineId: 'e1',
  jobRevision: 0,
  tail: { jobRevision: 0, cursor: '2026-03-01T09:00:00.000Z', runs: 1, open: [] },
};

const outcomeOf = (called: CallOutcome) => {
  const caller = { call: async () => called, close: async () => {} };
  const run = createRunTask({
    names: createSensitiveNames(),
    world: manualWorld(),
    caller,
    openerOf: async () => opener,
  });
  const values = { variables: new Map(), secrets: new Map() };
  return run({ claim, definition: aJob(), values, signal: AbortSignal.abort(), mayStillCall: () => true });
};

describe('a call that the engine broke off at its stop', () => {
  it('is known not to have been made where it was not sent', async () => {
    const outcome = await outcomeOf({ kind: 'aborted', finishedAtMs: 2 });
    expect(outcome).to.deep.include({ kind: 'failed', reason: 'ENGINE_STOPPED' });
    expect(outcome).to.have.nested.property('error.code', 'ENGINE_STOPPED');
  });
  it('has an unknown outcome where it was sent', async () => {
    const outcome = await outcomeOf({ kind: 'aborted', startedAtMs: 1, finishedAtMs: 2 });
    expect(outcome).to.have.nested.property('error.code', 'OUTCOME_UNKNOWN');
  });
});
