import type { Operation, OperationEvent } from '../../src/domain/events/index.ts';

export const REQUESTED_AT = '2026-03-02T10:00:00.000Z';

/** An operation that disables all jobs, just requested. */
export const anOperation = (other: Partial<Operation> = {}): Operation => ({
  operationId: 5,
  tenant: 'acme',
  work: { of: 'jobs', action: 'disable', filter: { all: true } },
  correlationId: 'c-bulk',
  createdBy: { type: 'user', name: 'ann' },
  createdAt: REQUESTED_AT,
  status: 'pending',
  updatedAt: REQUESTED_AT,
  done: 0,
  rejected: {},
  planned: [],
  ...other,
});

/** The next event of an operation: it is requested, processes one item, and ends; then it is requested again. */
export const operationEntry = (operation: Operation, at: string): OperationEvent => {
  switch (operation.status) {
    case 'pending': {
      const planned = [{ of: 'job' as const, jobId: 1 }];
      return { type: 'OperationProgressed', data: { ...operation, status: 'running', planned, updatedAt: at } };
    }
    case 'running':
    case 'cancelling': {
      const end = { status: 'completed' as const, planned: [], done: 1, updatedAt: at, endedAt: at };
      return { type: 'OperationEnded', data: { ...operation, ...end } };
    }
    case 'completed':
    case 'cancelled':
    case 'failed':
      return { type: 'OperationRequested', data: anOperation({ ...operation, status: 'pending' }) };
  }
};
