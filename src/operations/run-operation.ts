import type { CommandContext } from '../commands/command.ts';
import type { Commands } from '../commands/index.ts';
import { changeDocument, loadDocument, OPERATIONS } from '../commands/loop/documents.ts';
import type { EventLog } from '../commands/loop/handle-command.ts';
import { contextOfRequest, endPauseOf, keepPauseOf } from '../commands/operation/operations.ts';
import { defined } from '../domain/defined.ts';
import { DomainError } from '../domain/domain-error.ts';
import { durationMs } from '../domain/duration.ts';
import { type BulkItem, CARILLON, type DomainEvent, type EventOf, type Operation } from '../domain/events/index.ts';
import { type IdSet, readIdRanges } from '../domain/id-ranges.ts';
import {
  decideBegin,
  decideFail,
  decideProgress,
  decideRest,
  decideStop,
  hasEnded,
  type ItemCounts,
  isResting,
  type NextItems,
} from '../domain/operation.ts';
import { QuotaUsedUp } from '../domain/quotas.ts';
import { jobStream, operationStream, runsStream } from '../domain/streams.ts';
import { type Tenant, toMs } from '../domain/values.ts';
import { StreamParked } from '../event-store/errors.ts';
import { comparePositions, type EventStore, type Position } from '../event-store/port.ts';
import { lastEventOf } from '../event-store/read-log.ts';
import type { TenantScope } from '../projections/queries/scope.ts';
import { createWorkRunner, type WorkRunner, type WorkTurn } from '../runtime/leased-work.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { createSemaphore } from '../runtime/semaphore.ts';
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
const changeItem = (operations: Operations, changed: ItemOf, signal: AbortSignal): Promise<string | undefined> =>
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
    if (isCounted || !requestsExecution(operation)) return;
    countTrigger(operation.tenant);
    isCounted = true;
  };
  const context: CommandContext = {
    ...contextOfRequest(operation),
    ...defined({ traceparent }),
    own: { plan, lost: () => {} },
  };
  signal.throwIfAborted();
  try {
    await ACTIONS[operation.work.action].change(commands, { operation, item, context });
    return undefined;
  } catch (error) {
    if (error instanceof ChangedBefore) return undefined;
    if (error instanceof QuotaUsedUp) throw error;
    // A rejection may result from the operation's own earlier change: a deleted job can't be deleted again.
    return (await isChangedBefore(store, changed)) ? undefined : codeOf(error);
  }
};

const requestsExecution = ({ work: { action } }: Operation): boolean => action === 'trigger' || action === 'rerun';

type Change = { readonly operation: Operation; readonly item: BulkItem; readonly context: CommandContext };

/** What operations do to an item, and how its stream shows that it was done. */
type Action = {
  /** Changes the item with the command that a user would use. */
  readonly change: (commands: Commands, change: Change) => Promise<unknown>;
  readonly streamOf: (jobId: number) => string;
  readonly isDoneBy: (event: DomainEvent, item: BulkItem) => boolean;
};

const ofJob = (type: DomainEvent['type'], change: Action['change']): Action => ({
  change,
  streamOf: jobStream,
  isDoneBy: (event) => event.type === type,
});

const ofRun = (change: Action['change']): Action => ({
  change,
  streamOf: runsStream,
  isDoneBy: ({ type, data }, item) =>
    type === 'ExecutionRequested' && data.rerunOf === (item.of === 'execution' ? item.executionId : undefined),
});

const ACTIONS: Readonly<Record<Operation['work']['action'], Action>> = {
  enable: ofJob('JobEnabled', (commands, { context, item }) => commands.enableJob(context, item.jobId, {})),
  disable: ofJob('JobDisabled', (commands, { context, item }) => commands.disableJob(context, item.jobId, {})),
  label: ofJob('JobUpdated', (commands, { context, item, operation: { work } }) =>
    commands.labelJob(context, item.jobId, (work.of === 'jobs' ? work.labels : undefined) ?? {}),
  ),
  delete: ofJob('JobDeleted', (commands, { context, item }) => commands.deleteJob(context, item.jobId, {})),
  trigger: ofRun((commands, { context, item }) => commands.triggerJob(context, item.jobId)),
  rerun: ofRun((commands, { context, item }) =>
    commands.rerunExecution(context, { ...executionIn(item), definitionRevision: undefined }),
  ),
  cancel: {
    change: (commands, { context, item }) => commands.cancelExecution(context, executionIn(item)),
    streamOf: runsStream,
    isDoneBy: ({ type, data }, item) =>
      (type === 'CancelRequested' || type === 'ExecutionCancelled') &&
      data.executionId === executionIn(item).executionId,
  },
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
type ItemOf = { readonly operation: Operation; readonly item: BulkItem; readonly requestedAt: Position };

/**
 * Returns whether the operation has changed the item: the item's stream then contains an event with the operation's
 * correlation id after its request. This also covers changes by a process that died, so nothing is done twice.
 */
const isChangedBefore = async (
  store: EventStore,
  { operation: { work, correlationId }, item, requestedAt }: ItemOf,
): Promise<boolean> => {
  const { streamOf, isDoneBy } = ACTIONS[work.action];
  const stream = streamOf(item.jobId);
  const isEarlier = ({ position }: { readonly position: Position }): boolean =>
    comparePositions(position, requestedAt) <= 0;
  // Also `undefined` if only a newer version knows the last event.
  const last = await lastEventOf(store, stream);
  if (last !== undefined && isEarlier(last)) return false;
  for await (const event of store.readStream(stream, { direction: 'backwards' })) {
    if (isEarlier(event)) return false;
    if (event.metadata.correlationId === correlationId && isDoneBy(event, item)) return true;
  }
  return false;
};

/** Maximum operations that change items simultaneously; tenants take turns. */
const MAX_OPERATIONS = 8;

/**
 * Runs operations, one per tenant at a time, oldest first, and beside it one that is spread over time. Any number of
 * processes can do so: a lease gives each operation to one process and, if it dies, to the next one that polls.
 */
export const createOperationRunner = (deps: Operations): WorkRunner =>
  createWorkRunner(deps, {
    name: 'operations',
    most: MAX_OPERATIONS,
    find: (limit) => deps.queries.openOperations(limit),
    leaseOf: ({ operationId }) => `operation ${operationId}`,
    tenantOf: ({ tenant }) => tenant,
    fieldsOf: ({ operationId }) => ({ operationId }),
    carryOut: ({ operationId }, turn) => runOperation(deps, operationId, turn),
  });

/** Items that are planned, changed and counted together: at most 1,000 per second, so that calls have precedence. */
export const PAGE = 500;
const MIN_PAGE_MS = 500;
/** Maximum simultaneous item changes: their reads and appends are batched. */
const AT_ONCE = 100;

/**
 * Runs an operation from its recorded progress until it ends, rests or its turn is over. A page of items is planned in the
 * stream before the first one is changed, so that after a crash the next process processes the same items; those that were
 * already changed are then only counted.
 * @throws errors of the log and of Postgres, and the signal's reason: call it again
 */
const runOperation = async (deps: Operations, operationId: number, turn: WorkTurn): Promise<void> => {
  const requestedAt = await requestOf(deps, operationId);
  const jobs = await pausedJobsOf(deps, operationId);
  do {
    turn.signal.throwIfAborted();
    const { state: operation } = await loadDocument(deps.store, OPERATIONS, operationId);
    if (operation === undefined || hasEnded(operation)) return;
    const stopped = await record(deps, operation, decideStop);
    if (stopped || isResting(operation, deps.world.clock.now())) return;
    if (operation.status === 'pending') await begin(deps, { operation, jobs });
    else await goOn(deps, { operation, requestedAt, jobs }, turn.signal);
  } while (!turn.isOver());
};

/** The log position of the operation's request. */
const requestOf = async ({ store }: EventLog, operationId: number): Promise<Position> => {
  for await (const { position } of store.readStream(operationStream(operationId), { limit: 1 })) return position;
  throw new Error(`There is no operation ${operationId}.`);
};

/** The jobs that the operation has paused: it changes only these. */
const pausedJobsOf = async (log: EventLog, operationId: number): Promise<IdSet | undefined> => {
  const { state: operation } = await loadDocument(log.store, OPERATIONS, operationId);
  if (operation?.pauseId === undefined) return undefined;
  const pause = await keepPauseOf(log, operation);
  return pause?.jobs && readIdRanges(pause.jobs);
};

type OperationItems = Pick<ItemOf, 'operation' | 'requestedAt'> & {
  /** Present if the operation has paused its jobs. */
  readonly jobs: IdSet | undefined;
};

const begin = async (deps: Operations, { operation, jobs }: Omit<OperationItems, 'requestedAt'>): Promise<void> => {
  // Items that existed when the operation was requested must be found.
  if (jobs === undefined && !(await deps.caughtUp())) return;
  tellBegin(deps.world.log, operation);
  const { work, createdAt } = operation;
  const total =
    jobs?.size ?? (await deps.queries.countItems(scopeOf(operation), work, createdAt).catch(undefinedIfTooSlow));
  const next = await nextItems(deps, { operation: { ...operation, total }, jobs });
  if (next === undefined || (total === undefined && spreadMsOf(operation) > 0)) await fail(deps, operation);
  else await record(deps, operation, (state, nowMs) => decideBegin(state, { total, next }, nowMs));
};

const goOn = async (deps: Operations, requested: OperationItems, signal: AbortSignal): Promise<void> => {
  const { clock, timers } = deps.world;
  const { operation } = requested;
  const { cursor } = operation;
  const untilMs = clock.monotonic() + MIN_PAGE_MS;
  const changed = await changeItems(deps, requested, signal);
  if (changed.kind === 'quotaUsedUp') {
    await record(deps, operation, (state, nowMs) => decideRest(state, nowMs + changed.restMs, nowMs));
    return;
  }
  const nextAtMs = nextDueMs(operation, clock.now());
  const next = await nextItems(deps, { ...requested, nextAtMs });
  if (next === undefined) return fail(deps, operation);
  const { counts } = changed;
  await record(deps, operation, (state, nowMs) => decideProgress(state, { counts, next, nextAtMs, cursor }, nowMs));
  if (next.items.length > 0 && nextAtMs === undefined)
    await timers.sleep(Math.max(0, untilMs - clock.monotonic()), signal);
};

const spreadMsOf = ({ work }: Operation): number =>
  work.of === 'jobs' && work.spread !== undefined ? durationMs(work.spread) : 0;

/** Maximum delay that an operation catches up after it was not processed for a while. */
const MAX_BEHIND_MS = 10_000;

/** When the items after the planned ones are due, epoch ms; `undefined` if the operation is not spread over time. */
const nextDueMs = (operation: Operation, nowMs: number): number | undefined => {
  const { planned, total = planned.length, updatedAt, nextAt = updatedAt } = operation;
  const spreadMs = spreadMsOf(operation);
  if (spreadMs === 0 || total === 0) return undefined;
  return Math.max(toMs(nextAt) + (planned.length / total) * spreadMs, nowMs - MAX_BEHIND_MS);
};

type ChangedItems =
  | { readonly kind: 'done'; readonly counts: ItemCounts }
  /** Some items are postponed until quota is available. */
  | { readonly kind: 'quotaUsedUp'; readonly restMs: number };

/** Changes the planned items. If some fail, throws after all others have finished. */
const changeItems = async (deps: Operations, requested: OperationItems, signal: AbortSignal): Promise<ChangedItems> => {
  const places = createSemaphore(AT_ONCE);
  const settled = await Promise.allSettled(
    requested.operation.planned.map((item) => places.run(() => changeItem(deps, { ...requested, item }, signal))),
  );
  const rejected: Record<string, number> = {};
  let done = 0;
  let restMs = 0;
  for (const result of settled) {
    if (result.status === 'rejected') restMs = Math.max(restMs, quotaRestMs(result.reason));
    else if (result.value === undefined) done += 1;
    else rejected[result.value] = (rejected[result.value] ?? 0) + 1;
  }
  return restMs > 0 ? { kind: 'quotaUsedUp', restMs } : { kind: 'done', counts: { done, rejected } };
};

/** How long to wait for quota. @throws any other error */
const quotaRestMs = (error: unknown): number => {
  if (error instanceof QuotaUsedUp) return error.retryAfterSeconds * 1_000;
  throw error;
};

/** Number of items to process together; for an operation spread over time, those due within a second. */
const pageOf = (operation: Operation, nextAtMs: number, nowMs: number): number => {
  const spreadMs = spreadMsOf(operation);
  if (spreadMs === 0) return PAGE;
  const takenMs = Math.max(0, nowMs - nextAtMs) + 1_000;
  return Math.min(PAGE, Math.max(1, Math.floor(((operation.total ?? 0) * takenMs) / spreadMs)));
};

/** `undefined` if finding them takes too long. */
const nextItems = async (
  { queries, world }: Operations,
  { operation, jobs, nextAtMs }: Omit<OperationItems, 'requestedAt'> & { readonly nextAtMs?: number | undefined },
): Promise<NextItems | undefined> => {
  const { work, createdAt, cursor } = operation;
  if (jobs !== undefined) {
    const ids = jobs.after(cursor?.id ?? 0, PAGE);
    const last = ids.at(-1);
    return {
      items: ids.map((jobId) => ({ of: 'job', jobId })),
      cursor: last === undefined ? undefined : { at: createdAt, id: last },
    };
  }
  const nowMs = world.clock.now();
  const walk = { upTo: createdAt, after: cursor, limit: pageOf(operation, nextAtMs ?? nowMs, nowMs) };
  const found = await queries.selectItems(scopeOf(operation), work, walk).catch(undefinedIfTooSlow);
  return found && { items: found.map(({ item }) => item), cursor: found.at(-1)?.cursor };
};

/** What the operation can process. */
const scopeOf = ({ tenant, applications }: Operation): TenantScope => ({
  tenant,
  ...defined({ applications }),
});

const undefinedIfTooSlow = (error: unknown): undefined => {
  if (error instanceof Error && 'code' in error && error.code === 'QUERY_TOO_SLOW') return undefined;
  throw error;
};

const fail = async (deps: Operations, operation: Operation): Promise<void> => {
  const message = 'finding the next matching items took too long';
  await record(deps, operation, (state, nowMs) => decideFail(state, { code: 'QUERY_TOO_SLOW', message }, nowMs));
};

type Decide = (operation: Operation, nowMs: number) => readonly EventOf<'OperationProgressed' | 'OperationEnded'>[];

/** @returns whether there was anything to record */
const record = async (log: EventLog, operation: Operation, decide: Decide): Promise<boolean> => {
  const { operationId, tenant, correlationId } = operation;
  const { events } = await changeDocument(log, OPERATIONS, {
    key: [operationId],
    context: { tenant, actor: CARILLON, correlationId },
    decide: (existing, nowMs) => (existing === undefined ? [] : decide(existing, nowMs)),
    prepare: async (events) => {
      if (events.some(({ type }) => type === 'OperationEnded')) await endPauseOf(log, operation);
    },
  });
  for (const { type, data } of events) if (type === 'OperationEnded') tellEnd(log.world.log, data);
  return events.length > 0;
};

const tellBegin = (log: Runtime['log'], { operationId, tenant, correlationId, work, createdBy }: Operation): void => {
  const { of, action } = work;
  const named = { operationId, tenant, correlationId };
  log.info({ ...named, of, action, actor: createdBy.name }, 'operations: a bulk operation started');
};

const tellEnd = (
  log: Runtime['log'],
  { operationId, tenant, correlationId, status, done, rejected }: Operation,
): void => {
  log.info({ operationId, tenant, correlationId, status, done, rejected }, 'operations: a bulk operation ended');
};
