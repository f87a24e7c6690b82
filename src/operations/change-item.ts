import type { CommandContext, CommandResult } from '../commands/command.ts';
import type { Commands } from '../commands/index.ts';
import { contextOfOperation } from '../commands/operation/operations.ts';
import { defined } from '../domain/defined.ts';
import { DomainError } from '../domain/domain-error.ts';
import type { BulkItem, DomainEvent, Operation } from '../domain/events/index.ts';
import { QuotaUsedUp } from '../domain/quotas.ts';
import { jobStream, runsStream } from '../domain/streams.ts';
import type { Tenant } from '../domain/values.ts';
import { StreamParked } from '../event-store/errors.ts';
import { comparePositions, type EventStore, type Position } from '../event-store/port.ts';
import { lastEventOf } from '../event-store/read-log.ts';
import { inSpan, type Tracer } from '../telemetry/tracer.ts';
import type { OperationContext } from './context.ts';

export type Operations = OperationContext & {
  /** Counts a requested execution. @throws QuotaUsedUp */
  readonly countTrigger: (tenant: Tenant) => void;
  readonly tracer: Tracer;
};

class ChangedBefore extends Error {}

/**
 * Changes one item of an operation with the command that a user would use. To change it only once, the command checks right
 * before its append whether the operation has changed it. Each item has its own trace, because there may be very many.
 * @returns the code if the change is rejected
 * @throws QuotaUsedUp if it requests an execution and no quota is left; the error of the log, and the signal's reason
 */
export const changeItem = (operations: Operations, changed: ItemOf, signal: AbortSignal): Promise<string | undefined> =>
  inSpan(operations.tracer, { name: 'bulk item', link: changed.operation.requestTrace }, (traceparent) =>
    changeOnce(operations, { ...changed, traceparent }, signal),
  );

const changeOnce = async (
  { commands, countTrigger, store }: Operations,
  { traceparent, ...changed }: ItemOf & { readonly traceparent: string | undefined },
  signal: AbortSignal,
): Promise<string | undefined> => {
  const { operation, item } = changed;
  let isCounted = false;
  const plan = async (): Promise<void> => {
    if (await isChangedBefore(store, changed)) throw new ChangedBefore();
    // Counted here, so that an item that was changed before uses no quota, and none uses it twice if its append is retried.
    if (isCounted || !asksForExecution(operation)) return;
    countTrigger(operation.tenant);
    isCounted = true;
  };
  const context: CommandContext = {
    ...contextOfOperation(operation),
    ...defined({ traceparent }),
    own: { plan, lost: () => {} },
  };
  signal.throwIfAborted();
  try {
    await change(commands, { operation, item, context });
    return undefined;
  } catch (error) {
    if (error instanceof ChangedBefore) return undefined;
    if (error instanceof QuotaUsedUp) throw error;
    // A rejection may result from the operation's own earlier change: a deleted job can't be deleted again.
    return (await isChangedBefore(store, changed)) ? undefined : codeOf(error);
  }
};

const asksForExecution = ({ work: { action } }: Operation): boolean => action === 'trigger' || action === 'rerun';

type Change = { readonly operation: Operation; readonly item: BulkItem; readonly context: CommandContext };

const change = (
  commands: Commands,
  { operation: { work }, item, context }: Change,
): Promise<Pick<CommandResult<unknown>, 'position'>> => {
  const { jobId } = item;
  switch (work.action) {
    case 'enable':
      return commands.enableJob(context, jobId, {});
    case 'disable':
      return commands.disableJob(context, jobId, {});
    case 'label':
      return commands.labelJob(context, jobId, work.labels ?? {});
    case 'delete':
      return commands.deleteJob(context, jobId, {});
    case 'trigger':
      return commands.triggerJob(context, jobId);
    case 'rerun':
      return commands.rerunExecution(context, { ...executionIn(item), definitionRevision: undefined });
    case 'cancel':
      return commands.cancelExecution(context, executionIn(item));
  }
};

const executionIn = (item: BulkItem) => {
  if (item.of === 'execution') return item;
  throw new Error(`the item of job ${item.jobId} is not an execution`);
};

const codeOf = (error: unknown): string => {
  if (error instanceof DomainError || error instanceof StreamParked) return error.code;
  throw error;
};

/** An item of an operation, and the log position of the operation's request. */
export type ItemOf = { readonly operation: Operation; readonly item: BulkItem; readonly requestedAt: Position };

/**
 * Returns whether the operation has changed the item: the item's stream then contains an event with the operation's
 * correlation id after its request. This also covers changes by a process that died, so nothing is done twice.
 */
const isChangedBefore = async (
  store: EventStore,
  { operation: { work, correlationId }, item, requestedAt }: ItemOf,
): Promise<boolean> => {
  const changes = changeOf(work.action, item);
  const isEarlier = ({ position }: { readonly position: Position }): boolean =>
    comparePositions(position, requestedAt) <= 0;
  // Also `undefined` if only a newer version knows the last event.
  const last = await lastEventOf(store, changes.stream);
  if (last !== undefined && isEarlier(last)) return false;
  for await (const event of store.readStream(changes.stream, { direction: 'backwards' })) {
    if (isEarlier(event)) return false;
    if (event.metadata.correlationId === correlationId && changes.is(event)) return true;
  }
  return false;
};

type ItemChange = { readonly stream: string; readonly is: (event: DomainEvent) => boolean };

/** The event by which an action changes an item, and its stream. */
const changeOf = (action: Operation['work']['action'], item: BulkItem): ItemChange => {
  const { jobId } = item;
  const executionId = item.of === 'execution' ? item.executionId : undefined;
  switch (action) {
    case 'enable':
      return { stream: jobStream(jobId), is: ({ type }) => type === 'JobEnabled' };
    case 'disable':
      return { stream: jobStream(jobId), is: ({ type }) => type === 'JobDisabled' };
    case 'label':
      return { stream: jobStream(jobId), is: ({ type }) => type === 'JobUpdated' };
    case 'delete':
      return { stream: jobStream(jobId), is: ({ type }) => type === 'JobDeleted' };
    case 'trigger':
    case 'rerun':
      return {
        stream: runsStream(jobId),
        is: ({ type, data }) => type === 'ExecutionRequested' && data.rerunOf === executionId,
      };
    case 'cancel':
      return {
        stream: runsStream(jobId),
        is: ({ type, data }) =>
          (type === 'CancelRequested' || type === 'ExecutionCancelled') && data.executionId === executionId,
      };
  }
};
