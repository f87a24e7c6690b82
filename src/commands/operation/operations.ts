import { defined } from '../../domain/defined.ts';
import { isOperationEvent, type Operation } from '../../domain/events/index.ts';
import {
  decideCancelOperation,
  decideRequestOperation,
  operationNotFound,
  requireFilter,
} from '../../domain/operation.ts';
import { operationStream, pauseStream } from '../../domain/streams.ts';
import type { CommandContext, CommandResult } from '../command.ts';
import { ownAppend } from '../command.ts';
import type { CommandDeps } from '../command-deps.ts';
import { awaitEngines } from '../loop/await-engines.ts';
import { handleCommand } from '../loop/handle-command.ts';
import { loadOperation } from '../loop/load.ts';
import type { OperationInput } from './operation-input.ts';
import { endPauseOf, pauseJobs } from './pause-jobs.ts';

/**
 * Requests a change of many jobs or executions; the caller has checked the permission. If it disables or deletes jobs, no
 * engine calls any of them after this returns.
 * @throws DomainError EMPTY_FILTER
 */
export const requestOperation =
  (deps: CommandDeps) =>
  async (
    given: CommandContext,
    { reason = given.reason, ...input }: OperationInput,
  ): Promise<CommandResult<Operation>> => {
    const context = reason === undefined ? given : { ...given, reason };
    requireFilter(input.work);
    const own = ownAppend(context, isOperationEvent);
    const operationId = own?.made?.events[0]?.data.operationId ?? (await deps.operationIds.take());
    const paused = own?.made === undefined ? await pauseJobs(deps, context, { operationId, ...input }) : undefined;
    const { pauseId } = paused ?? {};
    const { events, revision, position } = await handleCommand(deps, {
      stream: operationStream(operationId),
      context,
      load: () => loadOperation(deps.store, operationId),
      decide: (existing) =>
        decideRequestOperation(
          { operationId, ...defined({ pauseId }), context, reason, ...input },
          existing,
          deps.world.clock.now(),
        ),
      own,
    });
    const [requested] = events;
    if (requested === undefined) throw new Error(`the new id ${operationId} is in use already`);
    const { data } = requested;
    return {
      ...{ value: data, revision, position, warnings: paused?.warnings ?? [] },
      ...(data.pauseId === undefined
        ? {}
        : { pendingEngines: await awaitEngines(deps, { stream: pauseStream(data.pauseId), position: undefined }) }),
    };
  };
/** @returns the operation, which has ended if it had not begun. @throws DomainError OPERATION_NOT_FOUND, OPERATION_ENDED */
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
