import { createWorkRunner, type WorkRunner } from './leased-work.ts';
import type { OperationPorts } from './ports.ts';
import { type RunOperationDeps, runOperation } from './run-operation.ts';

export type OperationRunnerDeps = RunOperationDeps & Pick<OperationPorts, 'leases'>;

/** So many operations are carried out at once, each of another tenant. */
const MOST_OPERATIONS = 8;

/**
 * Carries out operations, one of each tenant at a time, oldest first. Any number of processes may do so: a lease gives
 * each operation to one of them, and where its process dies, to the next one that looks.
 */
export const createOperationRunner = (deps: OperationRunnerDeps): WorkRunner =>
  createWorkRunner(deps, {
    name: 'operations',
    most: MOST_OPERATIONS,
    find: (limit) => deps.queries.openOperations(limit),
    leaseOf: (operationId) => `operation ${operationId}`,
    fieldsOf: (operationId) => ({ operationId }),
    carryOut: (operationId, signal) => runOperation(deps, operationId, signal),
  });
