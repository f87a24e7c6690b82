import { expect } from 'chai';
import { type ExecutionRow, executionFromRow } from '../../../../src/projections/queries/executions-row.ts';

const AT = '2026-03-01T08:00:00.000Z';
const LATER = '2026-03-01T08:00:09.000Z';
const error = { code: 'ECONNREFUSED', message: 'nobody listens there' };
const unsent = { attempt: 1, startedAt: null, finishedAt: AT, error };
const row: ExecutionRow = {
  ...{ id: 1, job_id: 7, application_id: 3, status: 'failed', trigger: 'manual', attempt: 1, late: null },
  ...{ scheduled_at: AT, created_at: AT, created_by: null, labels: null, started_at: null, attempt_started_at: null },
  ...{ attempts: null, retry_at: null, finished_at: LATER, engine_id: null, job_revision: 0, rerun_of: null },
  ...{ backfill_id: null, token_hash: null, deadline_at: null, heard_at: null, progress: null, job_snapshot: null },
  ...{ result: null, error },
};
const shown = (fields: Partial<ExecutionRow>) => {
  const { startedAt, attempts } = executionFromRow({ ...row, ...fields });
  return [startedAt, attempts.map((each) => each.startedAt)];
};

describe('an execution of a row', () => {
  it('started when its first request was sent, whichever attempt that was of', () => {
    expect(shown({ started_at: AT })).to.deep.equal([AT, [AT]]);
    expect(shown({ attempt: 2, attempts: [unsent], attempt_started_at: LATER })).to.deep.equal([LATER, [null, LATER]]);
    const first = { ...unsent, startedAt: AT };
    expect(shown({ attempt: 2, attempts: [first], attempt_started_at: LATER })).to.deep.equal([AT, [AT, LATER]]);
  });

  it('never started where nothing was sent', () => {
    expect(shown({})).to.deep.equal([null, [null]]);
    const retried = { attempt: 2, attempts: [unsent], started_at: AT };
    expect(shown(retried), 'claimed at first').to.deep.equal([null, [null, null]]);
    const waiting = { status: 'pending', finished_at: null, retry_at: LATER } as const;
    expect(shown({ ...waiting, attempts: [unsent], started_at: AT })).to.deep.equal([null, [null]]);
  });

  it('started when it was claimed while its call is under way', () => {
    const running = { status: 'running', finished_at: null } as const;
    expect(shown({ ...running, started_at: AT })).to.deep.equal([AT, []]);
    expect(shown({ ...running, attempt: 2, attempts: [unsent], attempt_started_at: LATER })).to.deep.equal([
      LATER,
      [null],
    ]);
  });
});
