import type { OpenExecution, RunEvent } from '../events/index.ts';
import type { RunRules } from '../job/rules.ts';
import { toMs } from '../values.ts';
import { heartbeatSpacingMs } from './callback.ts';
import type { JobStatus } from './cancellation.ts';
import { recordOutcome } from './outcome.ts';
import type { SettleInput } from './settle-input.ts';
import type { Runs } from './tail.ts';

type Silence = {
  readonly untilMs: number;
  readonly code: 'DEADLINE_EXCEEDED' | 'HEARTBEAT_LOST' | 'TOO_LATE';
  readonly message: string;
};

/**
 * When an accepted call without word from its target fails, epoch ms, and why; or a further attempt that no worker takes. The
 * last heartbeat may be later than the last recorded one.
 */
const silenceOf = (execution: OpenExecution, rules: RunRules): Silence | undefined => {
  const { state, attempt, expiresAt, deadlineAt, lastHeartbeatAt, worker, leaseMs = 0, cancelRequested } = execution;
  if (state === 'offered' && attempt > 1 && expiresAt !== undefined) {
    return { untilMs: toMs(expiresAt) + 1, code: 'TOO_LATE', message: 'no worker took this attempt within maxElapsed' };
  }
  if (state !== 'awaiting' || deadlineAt === undefined) return undefined;
  const deadlineMs = toMs(deadlineAt);
  // Heartbeats of workers are not in the log: `lostWork` ends their attempts.
  if (worker !== undefined) {
    const endMs = cancelRequested === undefined ? Number.POSITIVE_INFINITY : toMs(cancelRequested.at) + leaseMs;
    const untilMs = Math.min(endMs, deadlineMs);
    return { untilMs, code: 'DEADLINE_EXCEEDED', message: 'the worker reported no result in time' };
  }
  const { heartbeatTimeoutMs } = rules;
  const silentMs =
    lastHeartbeatAt === undefined || heartbeatTimeoutMs === undefined
      ? Number.POSITIVE_INFINITY
      : toMs(lastHeartbeatAt) + heartbeatTimeoutMs + heartbeatSpacingMs({ heartbeatTimeoutMs });
  return silentMs < deadlineMs
    ? { untilMs: silentMs, code: 'HEARTBEAT_LOST', message: 'the target sent no heartbeat in time' }
    : { untilMs: deadlineMs, code: 'DEADLINE_EXCEEDED', message: 'the target reported no result in time' };
};

/** When the first accepted call times out, epoch ms. */
export const nextCallbackTimeoutMs = ({ open }: Runs, rules: RunRules): number =>
  open.reduce(
    (firstMs, each) => Math.min(firstMs, silenceOf(each, rules)?.untilMs ?? Number.POSITIVE_INFINITY),
    Number.POSITIVE_INFINITY,
  );

type SilenceInput = Pick<SettleInput, 'job' | 'rules' | 'defaultHooks' | 'closures' | 'nowMs'> & {
  readonly slots: SettleInput['slots'] | undefined;
  readonly status: JobStatus;
  readonly randomFraction: number;
};

/** Ends an accepted call whose target sent no heartbeat or result in time, or an attempt that no worker took in time. */
export const failTimedOut = (runs: Runs, input: SilenceInput): RunEvent[] => {
  for (const execution of runs.open) {
    const silence = silenceOf(execution, input.rules);
    if (silence === undefined || input.nowMs < silence.untilMs) continue;
    const { executionId, attempt, engineId = '', acceptedAt, createdAt, state } = execution;
    const { code, message } = silence;
    const started = state === 'offered' ? {} : { startedAtMs: toMs(acceptedAt ?? createdAt) };
    const times = { ...started, finishedAtMs: input.nowMs };
    return recordOutcome(runs, {
      ...input,
      execution: { executionId, attempt, engineId },
      outcome: { kind: 'failed', ...times, error: { code, message } },
      delay: undefined,
    });
  }
  return [];
};
