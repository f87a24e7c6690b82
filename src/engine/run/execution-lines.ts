import { defined } from '../../domain/defined.ts';
import { statusOf, type Trigger } from '../../domain/events/index.ts';
import type { Outcome } from '../../domain/execution/outcome.ts';
import { mix } from '../../domain/mix.ts';
import type { Runtime, Timers } from '../../runtime/runtime.ts';
import type { ExecutionTrace } from './execution-trace.ts';

/** Longer than it takes to hand a thousand calls to their connections; what they are said by then is sent in the same turn. */
const AFTER_MS = 20;

/** The attempt that a line tells of. */
export type NamedAttempt = {
  readonly jobId: number;
  readonly jobName: string;
  readonly executionId: number;
  readonly attempt: number;
  readonly trigger: Trigger;
};

export type StartedAttempt = NamedAttempt & { readonly scheduledAt: string };

/** The lines of the log that tell of executions. */
export type ExecutionLines = {
  /** Says soon that an attempt started, and before anything that is said of an end. */
  started(attempt: StartedAttempt, trace: Pick<ExecutionTrace, 'run'>): void;
  ended(attempt: NamedAttempt, outcome: Outcome): void;
};

type LinesOptions = {
  /** How many of all executions are told of, from 0 to 1. That an attempt failed is always said. */
  readonly share: number;
  readonly timers: Pick<Timers, 'after'>;
  readonly log: Runtime['log'];
};

/**
 * Lines that say that executions started wait until the calls that are due with them are out: writing a line takes a
 * fourth of what sending a call takes, and the next call would be later by it.
 */
export const createExecutionLines = ({ share, timers, log }: LinesOptions): ExecutionLines => {
  let waiting: (() => void)[] = [];
  const flush = (): void => {
    const lines = waiting;
    waiting = [];
    for (const write of lines) write();
  };
  return {
    started: (attempt, trace) => {
      if (!isOfShare(attempt, share)) return;
      const write = () => trace.run(() => log.info(attempt, 'scheduler: job execution started'));
      if (waiting.push(write) === 1) timers.after(AFTER_MS, flush);
    },
    ended: (attempt, outcome) => {
      if (outcome.kind !== 'failed' && !isOfShare(attempt, share)) return;
      flush();
      log.info({ ...attempt, ...toldOf(outcome) }, `scheduler: job execution ${outcome.kind}`);
    },
  };
};

/** All attempts of an execution are told of, or none. Ids are mixed, as every hundredth may be of the same job. */
const isOfShare = ({ executionId }: NamedAttempt, share: number): boolean => mix(executionId) < share * 2 ** 32;

/** What the log line says of how a call ended: the status is that of the target's answer, if there was one. */
const toldOf = (outcome: Outcome): { durationMs?: number; status?: number; code?: string } => {
  const { startedAtMs = outcome.calledAtMs, finishedAtMs } = outcome;
  const duration = startedAtMs === undefined ? {} : { durationMs: finishedAtMs - startedAtMs };
  switch (outcome.kind) {
    case 'succeeded':
      return { ...duration, ...defined({ status: statusOf(outcome.result) }) };
    case 'accepted':
      return { ...duration, status: ACCEPTED };
    case 'offered':
      return {};
    case 'failed':
      return { ...duration, ...defined({ status: statusOf(outcome.result) }), code: outcome.error.code };
    case 'cancelled':
      return { ...duration, code: outcome.error.code };
  }
};
const ACCEPTED = 202;
