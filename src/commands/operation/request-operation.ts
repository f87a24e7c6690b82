import { isOperationEvent } from '../../domain/events/families.ts';
import type { EventOf, Operation } from '../../domain/events/index.ts';
import { operationStream } from '../../domain/streams.ts';
import { toInstant } from '../../domain/values.ts';
import type { CommandContext, CommandResult } from '../command.ts';
import type { CommandDeps } from '../command-deps.ts';
import { handleCommand } from '../loop/handle-command.ts';
import { loadOperation } from '../loop/load.ts';
import { ownAppend } from '../loop/own-append.ts';
import { type OperationInput, requireFilter } from './operation-input.ts';

type RequestOperationInput = OperationInput & {
  readonly operationId: number;
  readonly context: Pick<CommandContext, 'tenant' | 'actor' | 'correlationId' | 'traceparent'>;
};

/** Records what is to be changed; nothing if the id is in use. */
export const decideRequestOperation = (
  { operationId, context, work, reason, applications }: RequestOperationInput,
  existing: Operation | undefined,
  nowMs: number,
): EventOf<'OperationRequested'>[] => {
  if (existing !== undefined) return [];
  requireFilter(work);
  const at = toInstant(nowMs);
  const data = {
    operationId,
    tenant: context.tenant,
    work,
    ...(applications === undefined ? {} : { applications: [...applications] }),
    ...(reason === undefined ? {} : { reason }),
    correlationId: context.correlationId,
    ...(context.traceparent === undefined ? {} : { requestTrace: context.traceparent }),
    createdBy: context.actor,
    createdAt: at,
    status: 'pending' as const,
    updatedAt: at,
    done: 0,
    refused: {},
    planned: [],
  };
  return [{ type: 'OperationRequested', data }];
};

/** Has many jobs or executions changed; the caller has checked the permission. @throws Refusal EMPTY_FILTER */
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
    const { events, revision, position } = await handleCommand(deps, {
      stream: operationStream(operationId),
      context,
      load: () => loadOperation(deps.store, operationId),
      decide: (existing) =>
        decideRequestOperation({ operationId, context, reason, ...input }, existing, deps.world.clock.now()),
      own,
    });
    const [requested] = events;
    if (requested === undefined) throw new Error(`the new id ${operationId} is in use already`);
    return { value: requested.data, revision, position };
  };
