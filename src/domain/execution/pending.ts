import { type OpenExecution, type RunEvent, WAIT_REASONS } from '../events/index.ts';
import type { RunRules } from '../job/rules.ts';
import type { JobSlots } from '../schedule/index.ts';
import { toMs } from '../values.ts';
import { cancellationReason } from './cancellation.ts';
import { dueOfMs } from './lateness.ts';
import { isTaken } from './offer.ts';
import { cancelled } from './outcome.ts';
import { hasNotBegun, type JobInForce } from './overlap-decision.ts';
import type { JobRef } from './range.ts';
import { MAX_WITHDRAWN, type Runs, withdrawn } from './tail.ts';

/** A slot that replaces open executions waits this long for their end, then it is skipped. */
export const REPLACE_WITHIN_MS = 10_000;

type StartInput = {
  readonly rules: RunRules;
  /** As scheduled, not moved. */
  readonly slots: JobSlots | undefined;
  /** The job is paused: only forced executions can be called. */
  readonly isPaused: boolean;
};

const waitsForPause = ({ state, forced }: OpenExecution, isPaused: boolean): boolean =>
  isPaused && (state === 'pending' || state === 'offered') && forced !== true;

/**
 * When a pending execution can start, epoch ms; Infinity while it waits for others or for the end of a pause. A slot starts
 * when it is due by the current clock: the engine that made it wait may have used a clock that was ahead.
 */
const startableFromMs = (runs: Runs, execution: OpenExecution, { rules, slots, isPaused }: StartInput): number => {
  if (execution.state !== 'pending' || waitsForPause(execution, isPaused)) return Number.POSITIVE_INFINITY;
  // More than one may be running if the rules have changed and executions started beside a retry.
  const goesBefore = (each: OpenExecution): boolean => each !== execution && !waitsForPause(each, isPaused);
  const before = runs.open.slice(0, runs.open.indexOf(execution)).some(goesBefore);
  const isBeside = before || runs.open.some(({ state }) => state !== 'pending');
  if ((execution.overlap ?? rules.overlap) !== 'allow' && isBeside) return Number.POSITIVE_INFINITY;
  if (execution.retryAt !== undefined) return toMs(execution.retryAt);
  return execution.trigger === 'schedule' && hasNotBegun(execution)
    ? dueOfMs(execution, slots)
    : Number.NEGATIVE_INFINITY;
};

/** When the first pending execution can start, epoch ms; Infinity without one. */
export const nextStartMs = (runs: Runs, input: StartInput): number =>
  runs.open.reduce((firstMs, each) => Math.min(firstMs, startableFromMs(runs, each, input)), Number.POSITIVE_INFINITY);

/** A pending execution that can start now. */
export const startableNow = (runs: Runs, input: StartInput & { readonly nowMs: number }): OpenExecution | undefined =>
  runs.open.find((each) => startableFromMs(runs, each, input) <= input.nowMs);

export const WAIT_CAUSES = [...WAIT_REASONS, 'PAUSED', 'WORKER'] as const;
export type WaitCause = (typeof WAIT_CAUSES)[number];

type WaitInput = StartInput & {
  /** The job's limit has no capacity for another call. */
  readonly isAtLimit: boolean;
  readonly nowMs: number;
};

/** What a pending execution waits for now, other than its next attempt; `undefined` if nothing blocks its call. */
export const waitsFor = (
  runs: Runs,
  execution: OpenExecution,
  { isAtLimit, nowMs, ...input }: WaitInput,
): WaitCause | undefined => {
  if (waitsForPause(execution, input.isPaused)) return 'PAUSED';
  if (execution.state === 'offered') return 'WORKER';
  const fromMs = startableFromMs(runs, execution, input);
  if (fromMs > nowMs) return fromMs === Number.POSITIVE_INFINITY ? 'OVERLAP' : undefined;
  return isAtLimit ? 'LIMIT' : execution.waitsFor;
};

/** When a waiting execution is abandoned, epoch ms, and its end. */
type Patience = {
  readonly untilMs: number;
  readonly code: 'TOO_LATE' | 'OVERLAP' | 'JOB_DISABLED' | 'JOB_DELETED';
  readonly message: string;
};

const patienceOf = (
  execution: OpenExecution,
  { open }: Runs,
  { rules, slots, status }: JobInForce,
): Patience | undefined => {
  if (execution.state !== 'pending' && execution.state !== 'offered') return undefined;
  // The engine that recorded the failed attempt did not know of the change that cancelled the other executions.
  const unwanted = cancellationReason(status, execution);
  if (unwanted !== undefined) return { untilMs: Number.NEGATIVE_INFINITY, ...unwanted };
  // A further attempt that no worker takes fails, as the one before it did.
  if (execution.expiresAt !== undefined && execution.attempt === 1) {
    const message = 'no worker took it within maxLateness';
    return { untilMs: toMs(execution.expiresAt) + 1, code: 'TOO_LATE', message };
  }
  if (!hasNotBegun(execution)) return undefined;
  if ((execution.overlap ?? rules.overlap) === 'replace' && open[0] !== execution) {
    // A worker learns of the cancellation by its next heartbeat, and has one lease to end.
    const withinMs = REPLACE_WITHIN_MS + Math.max(0, ...open.filter(isTaken).map(({ leaseMs = 0 }) => leaseMs));
    const message = `the run that it should replace did not end within ${withinMs / 1_000} s`;
    return { untilMs: toMs(execution.createdAt) + withinMs, code: 'OVERLAP', message };
  }
  if (rules.maxLatenessMs === undefined || execution.trigger !== 'schedule') return undefined;
  const dueMs = dueOfMs(execution, slots);
  // At exactly the bound it can still be called, like a slot that did not wait.
  return {
    untilMs: dueMs + rules.maxLatenessMs + 1,
    code: 'TOO_LATE',
    message: 'it was still waiting after maxLateness',
  };
};

/** When the first waiting execution is abandoned, epoch ms. */
export const nextAbandonedMs = (runs: Runs, input: JobInForce): number =>
  runs.open.reduce(
    (firstMs, each) => Math.min(firstMs, patienceOf(each, runs, input)?.untilMs ?? Number.POSITIVE_INFINITY),
    Number.POSITIVE_INFINITY,
  );

type GiveUpInput = JobInForce & {
  readonly job: JobRef;
  readonly nowMs: number;
};

/** Ends the executions that have waited too long; if there are many, some of them. */
export const abandonWaiting = (runs: Runs, input: GiveUpInput): RunEvent[] => {
  const { job, nowMs } = input;
  const events: RunEvent[] = [];
  let after = runs;
  for (const execution of runs.open) {
    const patience = patienceOf(execution, runs, input);
    if (patience === undefined || nowMs < patience.untilMs) continue;
    if (events.length === MAX_WITHDRAWN) break;
    const { code, message } = patience;
    after = withdrawn(after, execution);
    events.push(cancelled({ job, runs: after, execution, nowMs, error: { code, message } }));
  }
  return events;
};
