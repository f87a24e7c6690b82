import { expect } from 'chai';
import { BulkExecutions, BulkJobs } from '../../../src/commands/operation/operations.ts';
import { decideEndPause, decidePauseJobs } from '../../../src/domain/closure/pauses.ts';
import type { BulkWork, Operation, OperationEvent, Pause, PauseEvent } from '../../../src/domain/events/index.ts';
import { decideCancelOperation, decideRequestOperation } from '../../../src/domain/operation.ts';
import { specOf } from '../../support/given.ts';
import { anOperation, REQUESTED_AT } from '../../support/operations.ts';

const { given } = specOf<Operation | undefined, OperationEvent>(undefined, (_state, { data }) => data);
const at = '2026-03-02T10:00:05.000Z';
const requested = (other: Partial<Operation> = {}): OperationEvent => ({
  type: 'OperationRequested',
  data: anOperation(other),
});

describe('request operation', () => {
  const context = { tenant: 'acme', actor: { type: 'user', name: 'ann' }, correlationId: 'c-bulk' } as const;
  const request = (work: BulkWork, reason?: string) => () =>
    decideRequestOperation({ operationId: 5, context, work, reason }, Date.parse(REQUESTED_AT));
  it('records what should be changed, by whom, why and under which correlation id', () => {
    const { work } = anOperation();
    given()
      .when(request(work, 'Moving'))
      .then(requested({ reason: 'Moving' }));
    const labels: BulkWork = { of: 'jobs', action: 'delete', filter: { labels: { team: 'crm' } } };
    given()
      .when(request(labels))
      .then(requested({ work: labels }));
  });
  it('is rejected if the filter names nothing', () => {
    for (const filter of [{}, { labels: {} }]) {
      given()
        .when(request({ of: 'jobs', action: 'delete', filter }))
        .thenRejected('EMPTY_FILTER', ['/filter']);
    }
    given()
      .when(request({ of: 'executions', action: 'cancel', filter: {} }))
      .thenRejected('EMPTY_FILTER', ['/filter']);
  });
  it('is accepted with one condition, even a false one or beside empty labels', () => {
    for (const filter of [{ enabled: false }, { enabled: false, labels: {} }]) {
      const work: BulkWork = { of: 'jobs', action: 'enable', filter };
      given().when(request(work)).then(requested({ work }));
    }
  });
});

describe('the pause of an operation', () => {
  const pauses = specOf<Pause | undefined, PauseEvent>(undefined, (_state, { data }) => data);
  const set: PauseEvent = {
    type: 'PauseSet',
    data: {
      ...{ pauseId: 3, tenant: 'acme', scope: 'jobs', jobs: [4, 2], operationId: 5, reason: 'Moving' },
      ...{ createdAt: REQUESTED_AT, until: '2026-03-02T22:00:00.000Z', createdBy: 'ann' },
    },
  };
  const context = {
    tenant: 'acme',
    actor: { type: 'user', name: 'ann' },
    correlationId: 'c',
    reason: 'Moving',
  } as const;
  const pause = () => decidePauseJobs({ pauseId: 3, operationId: 5, context, jobs: [4, 2] }, Date.parse(REQUESTED_AT));
  const end = (state: Pause | undefined) => decideEndPause(state, Date.parse(at));

  it('binds just its jobs, and ends by itself if no one continues with it', () => {
    pauses.given().when(pause).then(set);
  });
  it('is lifted once', () => {
    pauses
      .given(set)
      .when(end)
      .thenOnce({ type: 'PauseLifted', data: { ...set.data, liftedAt: at, liftedBy: 'carillon' } });
    pauses.given().when(end).thenNothing();
  });
});

describe('cancel operation', () => {
  const by = { updatedAt: at, cancelledAt: at, cancelledBy: 'bob' };
  const cancel =
    (tenant = 'acme') =>
    (state: Operation | undefined) =>
      decideCancelOperation({ operationId: 5, tenant, actor: { type: 'user', name: 'bob' } }, state, Date.parse(at));
  it('ends one that has not begun immediately', () => {
    given(requested())
      .when(cancel())
      .thenOnce(
        { type: 'OperationCancelled', data: anOperation({ status: 'cancelling', ...by }) },
        { type: 'OperationEnded', data: anOperation({ status: 'cancelled', ...by, endedAt: at }) },
      );
  });
  it('requests the end of one that runs', () => {
    const planned = [{ of: 'job' as const, jobId: 1 }];
    given({ type: 'OperationProgressed', data: anOperation({ status: 'running', planned }) })
      .when(cancel())
      .thenOnce({ type: 'OperationCancelled', data: anOperation({ status: 'cancelling', planned, ...by }) });
  });
  it('records nothing if it was cancelled before', () => {
    given({ type: 'OperationCancelled', data: anOperation({ status: 'cancelling', ...by }) })
      .when(cancel())
      .thenNothing();
    given({ type: 'OperationEnded', data: anOperation({ status: 'cancelled', ...by, endedAt: at }) })
      .when(cancel())
      .thenNothing();
  });
  it('is rejected if it ended otherwise', () => {
    for (const status of ['completed', 'failed'] as const) {
      given({ type: 'OperationEnded', data: anOperation({ status, endedAt: at }) })
        .when(cancel())
        .thenRejected('OPERATION_ENDED');
    }
  });
  it('is rejected if there is none, or it belongs to another tenant', () => {
    given().when(cancel()).thenRejected('OPERATION_NOT_FOUND');
    given(requested()).when(cancel('globex')).thenRejected('OPERATION_NOT_FOUND');
  });
});

describe('the input of a bulk', () => {
  it('accepts the filters of the list', () => {
    const filter = { applicationId: 1, enabled: true, name: 'a', labels: { a: '' }, taskType: 't', createdBy: 'ann' };
    expect(BulkJobs.parse({ action: 'delete', filter })).to.deep.equal({ action: 'delete', filter, dryRun: false });
    const of = { jobId: 1, applicationId: 2, status: 'failed', trigger: 'schedule', from: '2026-03-02T11:00:00+01:00' };
    const parsed = BulkExecutions.parse({ action: 'rerun', filter: of, dryRun: true });
    expect(parsed.filter).to.deep.equal({ ...of, status: ['failed'], from: '2026-03-02T10:00:00.000Z' });
    const several = { status: ['failed', 'cancelled'], jobName: 'a', application: 'crm', errorCode: 'HTTP_500' };
    expect(BulkExecutions.parse({ action: 'rerun', filter: several }).filter).to.deep.equal(several);
  });
  for (const input of [
    { action: 'cancel', filter: { all: true } },
    { action: 'delete', filter: { all: false } },
    { action: 'delete', filter: { all: true, name: 'a' } },
    { action: 'delete', filter: { label: 'a:b' } },
    { action: 'delete', filter: { name: '' } },
    { action: 'delete', filter: null },
    { action: 'delete', filter: { all: true }, reason: '' },
    { filter: { all: true } },
  ]) {
    it(`rejects ${JSON.stringify(input)}`, () => expect(BulkJobs.safeParse(input).success).to.equal(false));
  }
});
