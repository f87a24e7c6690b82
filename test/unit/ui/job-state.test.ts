import { expect } from 'chai';
import type { Execution, Pause } from '../../../ui/src/api/schema.ts';
import { stateOf } from '../../../ui/src/parts/job-state.ts';

const job = {
  id: 7,
  enabled: true,
  application: { id: 3, name: 'crm', displayName: '' },
  taskConfig: { method: 'GET', url: 'https://crm.example.com:8443/sync' },
} as const;
const execution = (id: number, status: Execution['status'], code?: string): Execution => ({
  ...{ id, jobId: 7, applicationId: 3, status, trigger: 'schedule', scheduledAt: `2026-03-01T0${id}:00:00.000Z` },
  ...{ startedAt: null, finishedAt: null, durationMs: null, attempt: 1, attempts: [], jobSnapshot: null },
  createdAt: `2026-03-01T0${id}:00:00.000Z`,
  ...(code === undefined ? {} : { error: { code, message: 'No' } }),
});
const pause = (fields: Pick<Pause, 'scope' | 'of'>): Pause => ({
  id: 1,
  since: '2026-03-01T00:00:00.000Z',
  setBy: 'ann',
  ...fields,
});
const kindOf = (more: object, known: Partial<Parameters<typeof stateOf>[1]> = {}): string =>
  stateOf({ ...job, ...more }, { pauses: [], executions: [], ...known }).kind;

describe('state of a job on the page', () => {
  it('is the first thing that keeps it from running', () => {
    const executions = [execution(1, 'failed')];
    const pauses = [pause({ scope: 'tenant' })];
    expect(kindOf({ enabled: false, completed: true }, { pauses, executions })).to.equal('completed');
    expect(kindOf({ enabled: false }, { pauses, executions })).to.equal('disabled');
    expect(kindOf({}, { pauses, executions })).to.equal('paused');
    expect(kindOf({}, { executions })).to.equal('failing');
    expect(kindOf({})).to.equal('enabled');
  });

  it('is paused by what binds it alone', () => {
    const isPausedBy = (fields: Pick<Pause, 'scope' | 'of'>) => kindOf({}, { pauses: [pause(fields)] }) === 'paused';
    expect([3, 4].map((of) => isPausedBy({ scope: 'application', of }))).to.deep.equal([true, false]);
    expect([7, 3].map((of) => isPausedBy({ scope: 'job', of }))).to.deep.equal([true, false]);
    const names = ['crm.example.com', 'crm.example.com:8443', 'https://crm.example.com:8443', 'example.com'];
    expect(names.map((of) => isPausedBy({ scope: 'target', of }))).to.deep.equal([true, true, true, false]);
    const url = 'https://${HOST}/sync';
    const pauses = [pause({ scope: 'target', of: 'crm.example.com' })];
    expect(kindOf({ taskConfig: { method: 'GET', url } }, { pauses })).to.equal('enabled');
  });

  it('counts the failures since the last success, past what is open or was cancelled', () => {
    const executions = [
      execution(6, 'running'),
      execution(5, 'failed', 'TARGET_BLOCKED'),
      execution(4, 'cancelled'),
      execution(3, 'failed'),
      execution(2, 'succeeded'),
      execution(1, 'failed'),
    ];
    const state = stateOf(job, { pauses: [], executions });
    expect(state).to.deep.include({ kind: 'blocked', count: 2 });
    expect(kindOf({}, { executions: executions.slice(4) })).to.equal('enabled');
  });
});
