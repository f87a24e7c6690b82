import { expect } from 'chai';
import { executionView } from '../../../../../src/projections/queries/records/executions.ts';

const AT = '2026-03-01T08:00:00.000Z';
const LATER = '2026-03-01T08:00:09.000Z';
const error = { code: 'ECONNREFUSED', message: 'nobody listens there' };
const unsent = { attempt: 1, startedAt: null, finishedAt: AT, error };
type Source = Parameters<typeof executionView>[0];
const row: Source = {
  ...{ id: 1, jobId: 7, applicationId: 3, status: 'failed', trigger: 'manual', attempt: 1, late: null },
  ...{
    scheduledAt: AT,
    dueAt: null,
    createdAt: AT,
    createdBy: null,
    labels: null,
    startedAt: null,
    attemptStartedAt: null,
  },
  ...{
    attempts: null,
    retryAt: null,
    finishedAt: LATER,
    engineId: null,
    jobRevision: 0,
    rerunOf: null,
    inputRevision: null,
  },
  ...{
    worker: null,
    backfillId: null,
    tokenHash: null,
    deadlineAt: null,
    lastHeartbeatAt: null,
    progress: null,
    jobSnapshot: null,
  },
  ...{ result: null, error },
};
const shown = (fields: Partial<Source>) => {
  const { startedAt, attempts } = executionView({ ...row, ...fields });
  return [startedAt, attempts.map((each) => each.startedAt)];
};

describe('an execution of a row', () => {
  it('started when its first request was sent, whichever attempt that was of', () => {
    expect(shown({ startedAt: AT })).to.deep.equal([AT, [AT]]);
    expect(shown({ attempt: 2, attempts: [unsent], attemptStartedAt: LATER })).to.deep.equal([LATER, [null, LATER]]);
    const first = { ...unsent, startedAt: AT };
    expect(shown({ attempt: 2, attempts: [first], attemptStartedAt: LATER })).to.deep.equal([AT, [AT, LATER]]);
  });

  it('never started if nothing was sent', () => {
    expect(shown({})).to.deep.equal([null, [null]]);
    const retried = { attempt: 2, attempts: [unsent], startedAt: AT };
    expect(shown(retried), 'claimed at first').to.deep.equal([null, [null, null]]);
    const waiting = { status: 'pending', finishedAt: null, retryAt: LATER } as const;
    expect(shown({ ...waiting, attempts: [unsent], startedAt: AT })).to.deep.equal([null, [null]]);
  });

  it('started when it was claimed while its call is in progress', () => {
    const running = { status: 'running', finishedAt: null } as const;
    expect(shown({ ...running, startedAt: AT })).to.deep.equal([AT, []]);
    expect(shown({ ...running, attempt: 2, attempts: [unsent], attemptStartedAt: LATER })).to.deep.equal([
      LATER,
      [null],
    ]);
  });
});
