import { DomainError } from '../../domain/domain-error.ts';
import { isOperationEvent } from '../../domain/events/families.ts';
import { type Actor, actorName, type EventOf, type Operation } from '../../domain/events/index.ts';
import { ended } from '../../domain/operation.ts';
import { operationStream } from '../../domain/streams.ts';
import { type Tenant, toInstant } from '../../domain/values.ts';
import type { CommandContext, CommandResult } from '../command.ts';
import type { CommandDeps } from '../command-deps.ts';
import { handleCommand } from '../loop/handle-command.ts';
import { loadOperation } from '../loop/load.ts';
import { ownAppend } from '../loop/own-append.ts';
import { endPauseOf } from './pause-jobs.ts';

type CancelOperationInput = { readonly operationId: number; readonly tenant: Tenant; readonly actor: Actor };

/**
 * Cancels an operation. One that has not begun ends at once; another as soon as its runner sees it. Records nothing if it
 * was cancelled before.
 * @throws DomainError OPERATION_NOT_FOUND, OPERATION_ENDED
 */
export const decideCancelOperation = (
  { operationId, tenant, actor }: CancelOperationInput,
  operation: Operation | undefined,
  nowMs: number,
): EventOf<'OperationCancelled' | 'OperationEnded'>[] => {
  if (operation === undefined || operation.tenant !== tenant) throw operationNotFound(operationId);
  const at = toInstant(nowMs);
  const by = { updatedAt: at, cancelledAt: at, cancelledBy: actorName(actor) };
  const data: Operation = { ...operation, status: 'cancelling', ...by };
  switch (operation.status) {
    case 'pending':
      return [{ type: 'OperationCancelled', data }, ended({ ...data, status: 'cancelled' }, nowMs)];
    case 'running':
      return [{ type: 'OperationCancelled', data }];
    case 'cancelling':
    case 'cancelled':
      return [];
    case 'completed':
    case 'failed':
      throw new DomainError(
        'OPERATION_ENDED',
        `operation ${operationId} has ${operation.status}: it can't be cancelled`,
      );
  }
};

export const operationNotFound = (operationId: number): DomainError =>
  new DomainError('OPERATION_NOT_FOUND', `There is no operation ${operationId}.`);

/** @returns the operation, which has ended where it had not begun. @throws DomainError OPERATION_NOT_FOUND, OPERATION_ENDED */
export const cancelOperation =
  (deps: CommandDeps) =>
  async (context: CommandContext, operationId: number): Promise<CommandResult<Operation>> => {
    const { tenant, actor } = context;
    const { state, events, revision, position } = await handleCommand(deps, {
      stream: operationStream(operationId),
      context,
      load: () => loadOperation(deps.store, operationId),
      decide: (operation) => decideCancelOperation({ operationId, tenant, actor }, operation, deps.world.clock.now()),
      prepare: async (events) => {
        for (const { type, data } of events) if (type === 'OperationEnded') await endPauseOf(deps, data);
      },
      own: ownAppend(context, isOperationEvent),
    });
    const value = events.at(-1)?.data ?? state;
    if (value === undefined) throw operationNotFound(operationId);
    return { value, revision, position };
  };
