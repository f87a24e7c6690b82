import type { EngineReason, EventOf, OpenExecution, RunEvent } from '../events/index.ts';
import type { Schedule } from '../schedule/index.ts';
import { toInstant } from '../values.ts';
import { LATE_AFTER_MS } from './lateness.ts';
import { executionOf } from './outcome.ts';
import { type JobRef, settleRange } from './range.ts';
import { type Runs, tailOf } from './tail.ts';

/** Slots skipped for an open execution are recorded when it ends, or at the latest after this many milliseconds. */
export const SKIPPED_FLUSH_MS = 60_000;

/** Why slots were missed or called late. */
type LateReasons = {
  /** The reason for slots that came due before `untilMs`, epoch ms. */
  readonly reason: EngineReason;
  readonly untilMs: number;
  /** The reason for later slots. */
  readonly sinceThen: EngineReason;
};

type SettleMissedInput = {
  readonly job: JobRef;
  readonly schedule: Schedule;
  readonly nowMs: number;
  readonly lateBecause: LateReasons;
};

type SettleInput = SettleMissedInput & {
  readonly engineId: string;
  readonly labels?: Readonly<Record<string, string>> | undefined;
  /** How long before it is due a slot may be claimed, ms. */
  readonly aheadMs: number;
  /** The id that the claim takes. */
  readonly executionId: number;
};

/**
 * Settles all slots that are due. With no execution open, it claims the latest due slot, and those before it are
 * missed. With one open, they are skipped as one range.
 */
export const settleSlots = (runs: Runs, input: SettleInput): RunEvent[] => {
  if (runs.open.length > 0) return skipWhileOpen(runs, input);
  const slotMs = dueSlot(runs, input);
  if (slotMs === undefined) return [];
  const missed = missedBefore(runs, slotMs, input);
  const late = input.nowMs - slotMs > LATE_AFTER_MS ? reasonAt(slotMs, input.lateBecause) : undefined;
  return [...missed, claimSlot(runs, { ...input, slotMs, late })];
};

const reasonAt = (slotMs: number, { reason, untilMs, sinceThen }: LateReasons): EngineReason =>
  slotMs < untilMs ? reason : sinceThen;

const missedBefore = (runs: Runs, slotMs: number, { job, schedule, lateBecause }: SettleMissedInput): RunEvent[] => {
  const range = { job, schedule };
  const untilMs = slotMs - 1;
  const first = settleRange('OccurrencesMissed', {
    ...range,
    runs,
    untilMs: Math.min(untilMs, lateBecause.untilMs - 1),
    reason: lateBecause.reason,
  });
  const after = first.events.length > 0 ? first.runs : runs;
  const then = settleRange('OccurrencesMissed', { ...range, runs: after, untilMs, reason: lateBecause.sinceThen });
  return [...first.events, ...then.events];
};

/** Settles a job that waits for a place: its latest due slot may still be called, those before it are missed. */
export const settleMissed = (runs: Runs, left: SettleMissedInput): RunEvent[] => {
  const slotMs = left.schedule.previous(left.nowMs, runs.cursorMs);
  return slotMs === undefined ? [] : missedBefore(runs, slotMs, left);
};

const dueSlot = (runs: Runs, { schedule, nowMs, aheadMs }: SettleInput): number | undefined => {
  const due = schedule.previous(nowMs, runs.cursorMs);
  if (due !== undefined) return due;
  const next = schedule.next(Math.max(runs.cursorMs, nowMs));
  return next !== undefined && next <= nowMs + aheadMs ? next : undefined;
};

const skipWhileOpen = (runs: Runs, { job, schedule, nowMs }: SettleInput): RunEvent[] => {
  const first = schedule.next(runs.cursorMs);
  if (first === undefined || nowMs - first < SKIPPED_FLUSH_MS) return [];
  return [...settleRange('OccurrencesSkipped', { job, runs, schedule, untilMs: nowMs, reason: 'OVERLAP' }).events];
};

const claimSlot = (
  runs: Runs,
  input: SettleInput & { slotMs: number; late: EngineReason | undefined },
): EventOf<'ExecutionStarted'> => {
  const execution: OpenExecution = {
    executionId: input.executionId,
    attempt: 1,
    state: 'running',
    trigger: 'schedule',
    scheduledAt: toInstant(input.slotMs),
    createdAt: toInstant(input.nowMs),
    engineId: input.engineId,
  };
  const after: Runs = { ...runs, cursorMs: input.slotMs, runs: runs.runs + 1, open: [...runs.open, execution] };
  return started({ ...input, runs: after, execution });
};

type StartInput = {
  readonly job: JobRef;
  readonly runs: Runs;
  readonly execution: OpenExecution;
  readonly engineId: string;
  readonly labels?: Readonly<Record<string, string>> | undefined;
  readonly late: EngineReason | undefined;
};

const started = ({ job, runs, execution, engineId, labels, late }: StartInput): EventOf<'ExecutionStarted'> => ({
  type: 'ExecutionStarted',
  data: {
    ...executionOf(job, execution, labels),
    attempt: execution.attempt,
    engineId,
    jobRevision: runs.jobRevision,
    ...(late === undefined ? {} : { late }),
    tail: tailOf(runs),
  },
});

/** Starts a pending execution; records nothing if it is no longer pending. */
export const startPending = (
  runs: Runs,
  input: {
    readonly job: JobRef;
    readonly executionId: number;
    readonly engineId: string;
    readonly labels?: Readonly<Record<string, string>> | undefined;
  },
): RunEvent[] => {
  const waiting = runs.open.find(({ executionId, state }) => executionId === input.executionId && state === 'pending');
  if (waiting === undefined) return [];
  const execution: OpenExecution = {
    ...waiting,
    attempt: waiting.attempt + 1,
    state: 'running',
    engineId: input.engineId,
  };
  const open = runs.open.map((each) => (each.executionId === input.executionId ? execution : each));
  return [started({ ...input, runs: { ...runs, open }, execution, late: undefined })];
};
