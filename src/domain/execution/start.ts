import type { DelayReason, EventOf, OpenExecution, RunEvent, WaitingBackfill, WaitReason } from '../events/index.ts';
import type { RunRules } from '../job/rules.ts';
import type { JobSlots } from '../schedule/index.ts';
import { toInstant } from '../values.ts';
import { hasNotBegun } from './overlap-decision.ts';
import { executionOf, type JobRef } from './range.ts';
import { type Runs, tailOf } from './tail.ts';

/** The claiming engine, and what its claim uses. */
export type Claimant = {
  readonly engineId: string;
  readonly rules: Pick<RunRules, 'delivery'>;
  /** Hash of the token with which the target reports the result; only for `completion: callback`. */
  readonly tokenHash?: string | undefined;
};

type ClaimInput = Claimant & {
  readonly job: JobRef;
  readonly executionId: number;
  readonly nowMs: number;
};

/** What also determines when its slot is due. */
type SlotInput = {
  readonly rules: Pick<RunRules, 'calendar'>;
  readonly slots: JobSlots;
};

type ClaimedSlot = { readonly slotMs: number; readonly late: DelayReason | undefined };

export const claimSlot = (
  runs: Runs,
  input: ClaimInput & SlotInput,
  { slotMs, late }: ClaimedSlot,
): EventOf<'ExecutionStarted'> => {
  const execution = withDue(firstAttempt(input, 'schedule', slotMs), input, slotMs);
  const after = { ...runs, cursorMs: slotMs, runs: runs.runs + 1, open: [...runs.open, execution] };
  return started(input, { runs: after, execution, late });
};

/** Claims a late slot that the cursor is past. `runs` no longer has it among the kept ones. */
export const claimCaughtUp = (
  runs: Runs,
  input: ClaimInput & SlotInput,
  { slotMs, late }: ClaimedSlot,
): EventOf<'ExecutionStarted'> => {
  const first = withDue(firstAttempt(input, 'schedule', slotMs), input, slotMs);
  const execution: OpenExecution = { ...first, catchUp: true };
  return started(input, { runs: { ...runs, runs: runs.runs + 1, open: [...runs.open, execution] }, execution, late });
};

/** Claims a slot of a backfill. `runs` no longer has it among the uncalled ones. */
export const claimOfBackfill = (
  runs: Runs,
  input: ClaimInput,
  { backfillId, createdBy, requestTrace, slotMs }: WaitingBackfill & { readonly slotMs: number },
): EventOf<'ExecutionStarted'> => {
  const requested = { createdBy, ...(requestTrace === undefined ? {} : { requestTrace }), backfillId };
  const execution = { ...firstAttempt(input, 'backfill', slotMs), ...requested };
  return started(input, { late: undefined, execution, runs: { ...runs, open: [...runs.open, execution] } });
};

/** The execution of a slot that is called immediately. */
const firstAttempt = (
  { executionId, nowMs, engineId, tokenHash, rules }: ClaimInput,
  trigger: 'schedule' | 'backfill',
  slotMs: number,
): OpenExecution => ({
  executionId,
  attempt: 1,
  state: 'running',
  trigger,
  scheduledAt: toInstant(slotMs),
  createdAt: toInstant(nowMs),
  engineId,
  ...(tokenHash === undefined ? {} : { tokenHash }),
  ...offers(rules),
});

/** Adds when the slot is due, if a calendar moves it. */
const withDue = (execution: OpenExecution, { rules, slots }: SlotInput, slotMs: number): OpenExecution => {
  if (rules.calendar?.shift === undefined) return execution;
  const dueMs = slots.dueMs(slotMs);
  return dueMs === slotMs ? execution : { ...execution, dueAt: toInstant(dueMs) };
};

const offers = ({ delivery }: Claimant['rules']): Pick<OpenExecution, 'offers'> =>
  delivery === 'offered' ? { offers: true } : {};

/** Makes a slot a pending execution, which starts when what it waits for has ended. */
export const queueSlot = (
  runs: Runs,
  input: SlotInput &
    Pick<ClaimInput, 'job' | 'executionId' | 'nowMs'> & {
      readonly slotMs: number;
      readonly waitsFor: WaitReason;
    },
): EventOf<'ExecutionRequested'> => {
  const waiting: OpenExecution = {
    executionId: input.executionId,
    attempt: 0,
    state: 'pending',
    trigger: 'schedule',
    scheduledAt: toInstant(input.slotMs),
    createdAt: toInstant(input.nowMs),
    waitsFor: input.waitsFor,
  };
  const execution = withDue(waiting, input, input.slotMs);
  const after = { ...runs, cursorMs: input.slotMs, open: [...runs.open, execution] };
  return {
    type: 'ExecutionRequested',
    data: { ...executionOf(input.job, execution), tail: tailOf(after) },
  };
};

type StartedExecution = {
  readonly runs: Runs;
  readonly execution: OpenExecution;
  readonly late: DelayReason | undefined;
};

const started = (
  { job, engineId }: { readonly job: JobRef; readonly engineId: string },
  { runs, execution, late }: StartedExecution,
): EventOf<'ExecutionStarted'> => ({
  type: 'ExecutionStarted',
  data: {
    ...executionOf(job, execution),
    attempt: execution.attempt,
    engineId,
    jobRevision: runs.jobRevision,
    ...(execution.tokenHash === undefined ? {} : { tokenHash: execution.tokenHash }),
    ...(late === undefined ? {} : { late }),
    tail: tailOf(runs),
  },
});

type StartPendingInput = Claimant & {
  readonly job: JobRef;
  readonly executionId: number;
  /** Whether it starts more than 1 s after the slot's time. */
  readonly isLate: boolean;
};

/** Starts a pending execution; records nothing if it is no longer pending. */
export const startPending = (runs: Runs, input: StartPendingInput): RunEvent[] => {
  const waiting = runs.open.find(({ executionId, state }) => executionId === input.executionId && state === 'pending');
  if (waiting === undefined) return [];
  const { waitsFor, retryAt: _, tokenHash: __, offers: ___, ...kept } = waiting;
  const execution: OpenExecution = {
    ...kept,
    attempt: waiting.attempt + 1,
    state: 'running',
    engineId: input.engineId,
    ...(input.tokenHash === undefined ? {} : { tokenHash: input.tokenHash }),
    ...offers(input.rules),
  };
  const open = runs.open.map((each) => (each.executionId === input.executionId ? execution : each));
  const counts = waiting.trigger === 'schedule' && hasNotBegun(waiting) && waiting.uncounted !== true;
  const after = { ...runs, runs: counts ? runs.runs + 1 : runs.runs, open };
  return [started(input, { runs: after, execution, late: input.isLate ? waitsFor : undefined })];
};
