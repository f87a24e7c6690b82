import type { CommandContext, CommandResult } from '../commands/command.ts';
import type { BulkItem, Operation } from '../domain/events/index.ts';
import { QuotaUsedUp } from '../domain/quotas.ts';
import { Refusal } from '../domain/refusal.ts';
import { StreamParked } from '../event-store/errors.ts';
import type { World } from '../runtime/world.ts';
import { inSpan } from '../telemetry/tracer.ts';
import type { OperationPorts } from './ports.ts';

type ChangeItemDeps = Pick<OperationPorts, 'commands' | 'once' | 'countTrigger' | 'tracer'> & {
  readonly world: Pick<World, 'timers'>;
};

/** How long to wait for an attempt that another process, which may be dead, began at the same item. */
const UNDER_WAY_MS = 1_000;

type ItemOf = { readonly operation: Operation; readonly item: BulkItem };

/**
 * Changes one item of an operation, by the command that changes it for a user. It is changed once: a repetition gets the
 * answer of the first time. Each item has a trace of its own: there may be very many of them.
 * @returns the code where the change is refused
 * @throws the error of the log, and the signal's reason
 */
export const changeItem = (deps: ChangeItemDeps, changed: ItemOf, signal: AbortSignal): Promise<string | undefined> =>
  inSpan(deps.tracer, { name: 'bulk item', link: changed.operation.requestTrace }, (traceparent) =>
    changeOnce(deps, { ...changed, traceparent }, signal),
  );

const changeOnce = async (
  { commands, once, countTrigger, world }: ChangeItemDeps,
  { operation, item, traceparent }: ItemOf & { readonly traceparent: string | undefined },
  signal: AbortSignal,
): Promise<string | undefined> => {
  const context = traceparent === undefined ? contextOf(operation) : { ...contextOf(operation), traceparent };
  const request = { context, key: keyOf(operation, item), bodyHash: operation.work.action };
  let isCounted = !asksForExecution(operation);
  for (;;) {
    signal.throwIfAborted();
    try {
      if (!isCounted) countTrigger(operation.tenant);
      isCounted = true;
      await once(request, async (context) => {
        const { position } = await change(commands, { operation, item, context });
        return { status: 204, position };
      });
      return undefined;
    } catch (error) {
      const waitMs = waitMsAfter(error);
      if (waitMs === undefined) return codeOf(error);
      await world.timers.sleep(waitMs, signal);
    }
  }
};

const contextOf = ({ tenant, createdBy, correlationId, reason }: Operation): CommandContext => ({
  tenant,
  actor: createdBy,
  correlationId,
  ...(reason === undefined ? {} : { reason }),
});

/** With blanks, which no `Idempotency-Key` of a caller has. */
const keyOf = ({ operationId }: Operation, item: BulkItem): string =>
  `operation ${operationId} ${item.of} ${item.of === 'job' ? item.jobId : item.executionId}`;

const asksForExecution = ({ work: { action } }: Operation): boolean => action === 'trigger' || action === 'rerun';

type Change = { readonly operation: Operation; readonly item: BulkItem; readonly context: CommandContext };

const change = (
  commands: ChangeItemDeps['commands'],
  { operation: { work }, item, context }: Change,
): Promise<Pick<CommandResult<unknown>, 'position'>> => {
  const { jobId } = item;
  switch (work.action) {
    case 'enable':
      return commands.enableJob(context, jobId, {});
    case 'disable':
      return commands.disableJob(context, jobId, {});
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
  throw new Error(`the item of job ${item.jobId} is no execution`);
};

/** How long to wait before the item is tried again; undefined where that would not help. */
const waitMsAfter = (error: unknown): number | undefined => {
  if (error instanceof QuotaUsedUp) return error.retryAfterSeconds * 1_000;
  return error instanceof Refusal && error.code === 'REQUEST_UNDER_WAY' ? UNDER_WAY_MS : undefined;
};

const codeOf = (error: unknown): string => {
  if (error instanceof Refusal || error instanceof StreamParked) return error.code;
  throw error;
};
