import { defined } from './defined.ts';
import { DomainError, rejectField } from './domain-error.ts';
import {
  actorName,
  type BulkAction,
  type BulkItem,
  type BulkWork,
  type ChangeAuthor,
  type ChangeRequest,
  type EventOf,
  type Operation,
  type OperationError,
} from './events/index.ts';
import type { Permission } from './permissions.ts';
import { toInstant, toMs } from './values.ts';

/** Results of an operation's planned items. */
export type ItemCounts = { readonly done: number; readonly rejected: Readonly<Record<string, number>> };

/** The items after the planned ones; empty if there are no more. */
export type NextItems = {
  readonly items: readonly BulkItem[];
  /** The last of them, in processing order. */
  readonly cursor: Operation['cursor'];
};

/** The required permissions. */
export const PERMISSION_FOR = {
  enable: 'scheduler:jobs:write',
  disable: 'scheduler:jobs:write',
  label: 'scheduler:jobs:write',
  delete: 'scheduler:jobs:write',
  trigger: 'scheduler:jobs:trigger',
  rerun: 'scheduler:jobs:trigger',
  cancel: 'scheduler:executions:cancel',
} as const satisfies Record<BulkAction, Permission>;

export const hasEnded = ({ status }: Operation): boolean => {
  switch (status) {
    case 'pending':
    case 'running':
    case 'cancelling':
      return false;
    case 'completed':
    case 'cancelled':
    case 'failed':
      return true;
  }
};

/** An operation without progress for this long after its last event is not resumed: it may no longer be wanted. */
export const RESUMABLE_MS = 12 * 3_600_000;

/** Begins an operation with its first items; ends it if nothing matches. */
export const decideBegin = (
  operation: Operation,
  { total, next }: { readonly total: number | undefined; readonly next: NextItems },
  nowMs: number,
): OperationStep[] => {
  if (operation.status !== 'pending') return [];
  const begun = { ...operation, ...defined({ total }) };
  return [goOn(begun, next, nowMs)];
};

/** Returns whether the operation waits until a future instant. */
export const isResting = ({ status, nextAt }: Operation, nowMs: number): boolean =>
  status === 'running' && nextAt !== undefined && toMs(nextAt) > nowMs;

type Progress = {
  readonly counts: ItemCounts;
  readonly next: NextItems;
  /** When the next items are due, epoch ms; `undefined` if they are due now. */
  readonly nextAtMs?: number | undefined;
  readonly cursor: Operation['cursor'];
};

/**
 * Counts the results of the planned items and plans the next ones; ends the operation if there are none. Records nothing if
 * another runner has counted these items.
 */
export const decideProgress = (
  operation: Operation,
  { counts, next, nextAtMs, cursor }: Progress,
  nowMs: number,
): OperationStep[] => {
  if (hasEnded(operation) || operation.cursor?.id !== cursor?.id || operation.cursor?.at !== cursor?.at) return [];
  const counted = {
    ...operation,
    done: operation.done + counts.done,
    rejected: added(operation.rejected, counts.rejected),
    planned: [],
  };
  return [
    operation.status === 'cancelling'
      ? ended({ ...counted, status: 'cancelled' }, nowMs)
      : goOn(counted, { ...next, nextAtMs }, nowMs),
  ];
};

/** Postpones the planned items, or the rest of them. */
export const decideRest = (operation: Operation, untilMs: number, nowMs: number): EventOf<'OperationProgressed'>[] =>
  operation.status === 'running'
    ? [
        {
          type: 'OperationProgressed',
          data: { ...operation, nextAt: toInstant(untilMs), updatedAt: toInstant(nowMs) },
        },
      ]
    : [];

/**
 * Ends an operation that must not continue: it was cancelled, or without progress for so long that the state of its planned
 * items is unknown.
 */
export const decideStop = (operation: Operation, nowMs: number): EventOf<'OperationEnded'>[] => {
  switch (operation.status) {
    case 'pending':
    case 'completed':
    case 'cancelled':
    case 'failed':
      return [];
    case 'cancelling':
      return [ended({ ...operation, status: 'cancelled' }, nowMs)];
    case 'running':
      return nowMs - leftSinceMs(operation) < RESUMABLE_MS ? [] : decideFail(operation, interrupted(operation), nowMs);
  }
};

const leftSinceMs = ({ updatedAt, nextAt = updatedAt }: Operation): number => Math.max(toMs(updatedAt), toMs(nextAt));

const interrupted = ({ done, planned, updatedAt }: Operation): OperationError => ({
  code: 'INTERRUPTED',
  message: `no progress since ${updatedAt}: ${done} items are counted as done, and up to ${planned.length} more may be`,
});

export const decideFail = (operation: Operation, error: OperationError, nowMs: number): EventOf<'OperationEnded'>[] =>
  hasEnded(operation) ? [] : [ended({ ...operation, status: 'failed', error }, nowMs)];

type OperationStep = EventOf<'OperationProgressed' | 'OperationEnded'>;

const goOn = (
  { nextAt: _, ...operation }: Operation,
  { items, cursor, nextAtMs }: NextItems & Pick<Progress, 'nextAtMs'>,
  nowMs: number,
): OperationStep => {
  if (items.length === 0) return ended({ ...operation, status: 'completed' }, nowMs);
  const planned = {
    planned: [...items],
    ...defined({ cursor }),
    ...(nextAtMs === undefined ? {} : { nextAt: toInstant(nextAtMs) }),
  };
  return {
    type: 'OperationProgressed',
    data: { ...operation, status: 'running', ...planned, updatedAt: toInstant(nowMs) },
  };
};

type EndedOperation = Operation & { readonly status: 'completed' | 'cancelled' | 'failed' };

export const ended = ({ nextAt: _, ...operation }: EndedOperation, nowMs: number): EventOf<'OperationEnded'> => {
  const at = toInstant(nowMs);
  return { type: 'OperationEnded', data: { ...operation, planned: [], updatedAt: at, endedAt: at } };
};

const added = (before: Operation['rejected'], more: ItemCounts['rejected']): Operation['rejected'] => {
  const sums = { ...before };
  for (const [code, count] of Object.entries(more)) sums[code] = (sums[code] ?? 0) + count;
  return sums;
};

/**
 * Requires a condition in a filter, so that an omitted field does not select everything.
 * @throws DomainError EMPTY_FILTER
 */
export const requireFilter = ({ filter }: BulkWork): void => {
  const fields = Object.values(filter);
  const isEmpty = fields.every((field) => typeof field === 'object' && Object.keys(field).length === 0);
  if (!isEmpty) return;
  throw rejectField('EMPTY_FILTER', '/filter', 'has no conditions: add one, or send {"all": true} to match everything');
};

type RequestOperationInput = {
  readonly operationId: number;
  /** Id of the pause of its jobs, if it stops them. */
  readonly pauseId?: number;
  readonly work: BulkWork;
  readonly reason?: string | undefined;
  /** `undefined` for all applications. */
  readonly applications?: readonly number[] | undefined;
  readonly context: ChangeRequest;
};

/** Records the requested operation. */
export const decideRequestOperation = (
  { operationId, pauseId, context, work, reason, applications }: RequestOperationInput,
  nowMs: number,
): EventOf<'OperationRequested'>[] => {
  requireFilter(work);
  const at = toInstant(nowMs);
  const data = {
    operationId,
    tenant: context.tenant,
    work,
    ...(applications === undefined ? {} : { applications: [...applications] }),
    ...defined({ reason, pauseId }),
    correlationId: context.correlationId,
    ...defined({ requestTrace: context.traceparent }),
    createdBy: context.actor,
    createdAt: at,
    status: 'pending' as const,
    updatedAt: at,
    done: 0,
    rejected: {},
    planned: [],
  };
  return [{ type: 'OperationRequested', data }];
};

/**
 * Cancels an operation. One that has not begun ends immediately; otherwise, its runner ends it. Records nothing if it was
 * cancelled before.
 * @throws DomainError OPERATION_NOT_FOUND, OPERATION_ENDED
 */
export const decideCancelOperation = (
  { operationId, tenant, actor }: ChangeAuthor & { readonly operationId: number },
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
  new DomainError('OPERATION_NOT_FOUND', `there is no operation ${operationId}`);
