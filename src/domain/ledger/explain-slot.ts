import { type Blackouts, closureAt, type Held } from '../closure/closure.ts';
import type { ClosureReason, LateReason, NotCalledReason, WaitReason } from '../events/index.ts';
import { firstDeferredMs } from '../execution/deferred-slots.ts';
import { decideOverlap } from '../execution/overlap-decision.ts';
import type { Runs } from '../execution/tail.ts';
import type { SlotRange } from './not-called.ts';
import type { DefinitionPeriod } from './periods.ts';

export const SLOT_OUTCOMES = ['fired', 'late', 'skipped', 'missed', 'due'] as const;
export type SlotOutcomeName = (typeof SLOT_OUTCOMES)[number];

/** What is expected of a slot that is due: that a closure has it skipped, or that it is called late once a pause ends. */
export const EXPECTED_OUTCOMES = ['skipped', 'late'] as const;
export type ExpectedOutcome = (typeof EXPECTED_OUTCOMES)[number];

/** The pause that a slot came due in, where it is skipped or held back for one. */
export type SlotPause = {
  readonly pauseId?: number;
  /** The bulk operation that set the pause. */
  readonly operationId?: number;
};

/** What became of a slot; `due` is one that is not settled yet, or still to come. */
export type SlotOutcome =
  | { readonly outcome: 'fired'; readonly executionId: number }
  | { readonly outcome: 'late'; readonly reason: LateReason; readonly executionId: number }
  | {
      readonly outcome: 'skipped' | 'missed';
      readonly reason: NotCalledReason;
      /** The execution that was cancelled before its call. */
      readonly executionId?: number;
    }
  | {
      readonly outcome: 'due';
      /** What its execution waits for. */
      readonly reason?: WaitReason;
      readonly executionId?: number;
      /** What would become of it, unless something changes; absent where it would be called in time. */
      readonly expected?: ExpectedOutcome;
      readonly expectedReason?: ClosureReason;
    };

/** An execution that a slot started. */
export type SlotExecution = {
  readonly executionId: number;
  readonly late?: LateReason;
  /** Whether it waits for its first call. */
  readonly waits: boolean;
};

/** What is recorded of a slot. */
export type SlotRecords = {
  /** The range of slots without a call that it falls in. */
  readonly range?: Pick<SlotRange, 'outcome' | 'reason' | 'executionId'>;
  readonly execution?: SlotExecution;
};

/** What a slot without a record is judged by. */
export type SlotContext = {
  readonly period: DefinitionPeriod;
  /** The job's runs now; undefined for a job that is gone. */
  readonly runs: Runs | undefined;
  readonly closures: Blackouts;
  readonly nowMs: number;
};

/**
 * What became of a slot: what is recorded of it, else what would be recorded now. Undefined for a slot that never came
 * due, as the job had made all its runs.
 */
export const explainSlot = (slotMs: number, records: SlotRecords, context: SlotContext): SlotOutcome | undefined =>
  explainRecord(records, context.runs) ??
  (context.period.isDisabled ? { outcome: 'skipped', reason: 'DISABLED' } : explainUnsettled(slotMs, context));

/**
 * What became of a slot by what is recorded of it; undefined where that is nothing.
 * @param runs the job's runs now
 */
export const explainRecord = ({ range, execution }: SlotRecords, runs?: Runs): SlotOutcome | undefined => {
  if (range !== undefined && (execution === undefined || range.executionId === execution.executionId)) {
    const { outcome, reason, executionId } = range;
    return { outcome, reason, ...(executionId === undefined ? {} : { executionId }) };
  }
  if (execution === undefined) return undefined;
  const { executionId, late, waits } = execution;
  if (waits) return { outcome: 'due', ...reasonToWait(runs, executionId), executionId };
  return late === undefined ? { outcome: 'fired', executionId } : { outcome: 'late', reason: late, executionId };
};

const reasonToWait = (runs: Runs | undefined, executionId: number): { readonly reason?: WaitReason } => {
  const waitsFor = runs?.open.find((open) => open.executionId === executionId)?.waitsFor;
  return waitsFor === undefined ? {} : { reason: waitsFor };
};

/** Slots that pass while an execution is open or in a closure are recorded as skipped some time later. */
const explainUnsettled = (slotMs: number, { period, runs, closures, nowMs }: SlotContext): SlotOutcome | undefined => {
  const { rules, slots } = period;
  if (runs === undefined || isBehind(slotMs, runs)) return rules.maxRuns === undefined ? { outcome: 'due' } : undefined;
  const isToCome = slots.dueMs(slotMs) > nowMs;
  const closure = closureAt(closures, slotMs);
  if (closure?.held !== undefined) return explainHeld(slotMs, { held: closure.held, period, runs, closures, nowMs });
  if (closure !== undefined) {
    const { reason } = closure;
    return isToCome ? { outcome: 'due', expected: 'skipped', expectedReason: reason } : { outcome: 'skipped', reason };
  }
  const room = decideOverlap(runs, rules);
  if (room === 'none') return undefined;
  return room === 'skip' && !isToCome ? { outcome: 'skipped', reason: 'OVERLAP' } : { outcome: 'due' };
};

type HeldContext = Omit<SlotContext, 'runs'> & { readonly runs: Runs; readonly held: Held };

/** A pause may be lifted at once: of slots that passed in it, those are skipped for sure that would not be called then. */
const explainHeld = (slotMs: number, { held, period, runs, closures, nowMs }: HeldContext): SlotOutcome => {
  const { slots, rules } = period;
  const isKeptAt = (untilMs: number): boolean =>
    slotMs <= runs.cursorMs ||
    slotMs >= firstDeferredMs({ ...runs, cursorMs: slotMs - 1 }, held, { slots, rules, closures, untilMs });
  const isToCome = slots.dueMs(slotMs) > nowMs;
  if (!isToCome && !isKeptAt(Math.min(held.untilMs, nowMs + 1))) return { outcome: 'skipped', reason: 'PAUSED' };
  // Nobody knows which slots come last before a pause is lifted.
  const isCalled = held.untilMs === Number.POSITIVE_INFINITY || isKeptAt(held.untilMs);
  return { outcome: 'due', expected: isCalled ? 'late' : 'skipped', expectedReason: 'PAUSED' };
};

/** Whether the job's runs are done with this slot. */
const isBehind = (slotMs: number, { cursorMs, catchUp }: Runs): boolean =>
  slotMs <= cursorMs && !catchUp.some(({ afterMs, untilMs }) => afterMs < slotMs && slotMs <= untilMs);
