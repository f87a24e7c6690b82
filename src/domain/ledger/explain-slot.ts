import { type Blackouts, closureAt, type Held } from '../closure/closure.ts';
import { withMovedSlots } from '../closure/shift.ts';
import type { ExecutionErrorCode } from '../codes/execution-error-codes.ts';
import { defined } from '../defined.ts';
import type { ClosureReason, ExecutionError, LateReason, NotCalledReason, RunEvent } from '../events/index.ts';
import { firstDeferredMs } from '../execution/deferred-slots.ts';
import { decideOverlap } from '../execution/overlap-decision.ts';
import type { WaitCause } from '../execution/pending.ts';
import type { Runs } from '../execution/tail.ts';
import { toInstant, toMs } from '../values.ts';
import type { DefinitionPeriod } from './periods.ts';

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

export const SLOT_OUTCOMES = ['fired', 'late', 'skipped', 'missed', 'due'] as const;
export type SlotOutcomeName = (typeof SLOT_OUTCOMES)[number];

/** Expected outcome of a due slot: skipped because of a blackout, or called late after a pause. */
export const EXPECTED_OUTCOMES = ['skipped', 'late'] as const;
type ExpectedOutcome = (typeof EXPECTED_OUTCOMES)[number];

/** What skips, defers or moves a slot. */
export type SlotClosure = {
  readonly calendars?: readonly string[];
  /** The pause in which the slot was due. */
  readonly pauseId?: number;
  /** The bulk operation that set the pause. */
  readonly operationId?: number;
};

/** A slot's outcome; `due` is a slot that is not settled yet, or in the future. */
export type SlotOutcome =
  | ({ readonly outcome: 'fired'; readonly executionId: number } & Moved)
  | ({ readonly outcome: 'late'; readonly reason: LateReason; readonly executionId: number } & Moved)
  | {
      readonly outcome: 'skipped' | 'missed';
      readonly reason: NotCalledReason;
      readonly executionId?: number;
    }
  | ({
      readonly outcome: 'due';
      readonly reason?: WaitCause;
      readonly executionId?: number;
      /** The outcome unless something changes; absent if the slot would be called in time. */
      readonly expected?: ExpectedOutcome;
      readonly expectedReason?: ClosureReason;
    } & Moved);

/** When the slot is due, if a calendar moved it. */
type Moved = { readonly dueAt?: string };

export type SlotExecution = Moved & {
  readonly executionId: number;
  readonly late?: LateReason;
  readonly waits: boolean;
};

/** The records of a slot. */
export type SlotRecords = {
  /** The range of uncalled slots that contains it. */
  readonly range?: Pick<SlotRange, 'outcome' | 'reason' | 'executionId'>;
  readonly execution?: SlotExecution;
};

/** What determines the outcome of a slot without a record. */
export type SlotContext = {
  readonly period: DefinitionPeriod;
  /** Current runs of the job; `undefined` if the job is gone. */
  readonly runs: Runs | undefined;
  readonly closures: Blackouts;
  readonly nowMs: number;
};

/**
 * The recorded outcome of a slot, or what would be recorded now. `undefined` for a slot that was never due because the job
 * had completed.
 */
export const explainSlot = (slotMs: number, records: SlotRecords, context: SlotContext): SlotOutcome | undefined =>
  explainRecord(records, context.runs) ??
  (context.period.isDisabled ? { outcome: 'skipped', reason: 'DISABLED' } : explainUnsettled(slotMs, context));

/**
 * The recorded outcome of a slot; `undefined` if nothing is recorded.
 * @param runs the job's current runs
 */
export const explainRecord = ({ range, execution }: SlotRecords, runs?: Runs): SlotOutcome | undefined => {
  if (range !== undefined && (execution === undefined || range.executionId === execution.executionId)) {
    const { outcome, reason, executionId } = range;
    return { outcome, reason, ...(executionId === undefined ? {} : { executionId }) };
  }
  if (execution === undefined) return undefined;
  const { executionId, late, waits, dueAt } = execution;
  const called = { executionId, ...defined({ dueAt }) };
  if (waits) return { outcome: 'due', ...reasonToWait(runs, executionId), ...called };
  return late === undefined ? { outcome: 'fired', ...called } : { outcome: 'late', reason: late, ...called };
};

const reasonToWait = (runs: Runs | undefined, executionId: number): { readonly reason?: WaitCause } => {
  const execution = runs?.open.find((open) => open.executionId === executionId);
  const reason = execution?.state === 'offered' ? 'WORKER' : execution?.waitsFor;
  return reason === undefined ? {} : { reason };
};

/** Slots that pass while an execution is open, or in a blackout, are recorded as skipped later. */
const explainUnsettled = (slotMs: number, { period, runs, nowMs, ...given }: SlotContext): SlotOutcome | undefined => {
  const { rules } = period;
  const { slots, closures } = withMovedSlots({ rules, slots: period.slots, closures: given.closures });
  if (runs === undefined || isBehind(slotMs, runs)) return rules.maxRuns === undefined ? { outcome: 'due' } : undefined;
  const dueMs = slots.dueMs(slotMs);
  const isToCome = dueMs > nowMs;
  const moved = rules.calendar?.shift === undefined || dueMs === slotMs ? {} : { dueAt: toInstant(dueMs) };
  const closure = closureAt(closures, slotMs);
  if (closure?.held !== undefined) {
    const context = { held: closure.held, period: { ...period, slots }, runs, closures, nowMs };
    return { ...explainHeld(slotMs, context), ...moved };
  }
  if (closure !== undefined) {
    const { reason } = closure;
    return isToCome
      ? { outcome: 'due', expected: 'skipped', expectedReason: reason, ...moved }
      : { outcome: 'skipped', reason };
  }
  const room = decideOverlap(runs, rules);
  if (room === 'none') return undefined;
  return room === 'skip' && !isToCome ? { outcome: 'skipped', reason: 'OVERLAP' } : { outcome: 'due', ...moved };
};

/** A pause may end at any time: a passed slot is certainly skipped only if it would not be called then. */
const explainHeld = (
  slotMs: number,
  { held, period, runs, closures, nowMs }: SlotContext & { readonly runs: Runs; readonly held: Held },
): SlotOutcome => {
  const { slots, rules } = period;
  const isKeptAt = (untilMs: number): boolean =>
    slotMs <= runs.cursorMs ||
    slotMs >= firstDeferredMs({ ...runs, cursorMs: slotMs - 1 }, held, { slots, rules, closures, untilMs });
  const isToCome = slots.dueMs(slotMs) > nowMs;
  if (!isToCome && !isKeptAt(Math.min(held.untilMs, nowMs + 1))) return { outcome: 'skipped', reason: 'PAUSED' };
  // Which slots are the last ones is unknown until the pause ends.
  const isCalled = held.untilMs === Number.POSITIVE_INFINITY || isKeptAt(held.untilMs);
  return { outcome: 'due', expected: isCalled ? 'late' : 'skipped', expectedReason: 'PAUSED' };
};

/** Returns whether the job's runs have settled this slot. */
const isBehind = (slotMs: number, { cursorMs, catchUp }: Runs): boolean =>
  slotMs <= cursorMs && !catchUp.some(({ afterMs, untilMs }) => afterMs < slotMs && slotMs <= untilMs);
