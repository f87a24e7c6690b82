import type { ExecutionErrorCode } from '../codes/execution-error-codes.ts';
import type { ExecutionError, LateReason, NotCalledReason, RunEvent } from '../events/index.ts';
import { toMs } from '../values.ts';

/** A slot that was settled without a call. */
type UncalledOutcome = { readonly outcome: 'skipped' | 'missed'; readonly reason: NotCalledReason };

const CANCELLED: UncalledOutcome = { outcome: 'skipped', reason: 'CANCELLED' };

const BY_CODE: ReadonlyMap<string, UncalledOutcome> = new Map<ExecutionErrorCode, UncalledOutcome>([
  ['OVERLAP', { outcome: 'skipped', reason: 'OVERLAP' }],
  ['REPLACED', { outcome: 'skipped', reason: 'OVERLAP' }],
  ['TOO_LATE', { outcome: 'missed', reason: 'TOO_LATE' }],
  ['JOB_DISABLED', { outcome: 'skipped', reason: 'DISABLED' }],
  ['JOB_DELETED', { outcome: 'skipped', reason: 'DELETED' }],
]);

/** Maps the error of an execution that was cancelled before its call to the outcome of its slot. */
export const notCalledReason = ({ code, reason }: ExecutionError): UncalledOutcome =>
  reason === undefined ? (BY_CODE.get(code) ?? CANCELLED) : { outcome: 'skipped', reason };

/** A range of slots settled without a call; a single slot if its execution was cancelled. */
export type SlotRange = UncalledOutcome & {
  readonly firstMs: number;
  readonly lastMs: number;
  /** `undefined` if the slots were not counted. */
  readonly count: number | undefined;
  readonly executionId?: number;
};

export const slotRangeOf = (event: RunEvent): SlotRange | undefined => {
  switch (event.type) {
    case 'OccurrencesSkipped':
    case 'OccurrencesMissed': {
      const { first, last, count, reason } = event.data;
      const outcome = event.type === 'OccurrencesSkipped' ? 'skipped' : 'missed';
      return { outcome, reason, firstMs: toMs(first), lastMs: toMs(last), count };
    }
    case 'ExecutionCancelled': {
      const { trigger, scheduledAt, startedAt, attempt, executionId, error } = event.data;
      if (trigger !== 'schedule' || startedAt !== undefined || attempt > 1) return undefined;
      const slotMs = toMs(scheduledAt);
      return { ...notCalledReason(error), firstMs: slotMs, lastMs: slotMs, count: 1, executionId };
    }
    case 'DefinitionActivated':
    case 'ExecutionRequested':
    case 'ExecutionStarted':
    case 'CallAccepted':
    case 'WorkOffered':
    case 'WorkTaken':
    case 'HeartbeatReceived':
    case 'CancelRequested':
    case 'ExecutionAttemptFailed':
    case 'ExecutionSucceeded':
    case 'ExecutionFailed':
    case 'HookAttempted':
    case 'BackfillRequested':
    case 'BackfillCancelled':
    case 'ExecutionsExpired':
      return undefined;
  }
};

/** Settled slots by outcome and reason. A range of more than 10,000 counts as 10,000. */
export type SlotCounts = {
  /** Called in time. */
  readonly fired: number;
  readonly late: Readonly<Partial<Record<LateReason, number>>>;
  readonly skipped: Readonly<Partial<Record<NotCalledReason, number>>>;
  readonly missed: Readonly<Partial<Record<NotCalledReason, number>>>;
};
