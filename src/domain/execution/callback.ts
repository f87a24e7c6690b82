import { createHash } from 'node:crypto';
import type { EventOf, OpenExecution } from '../events/index.ts';
import type { RunRules } from '../job/rules.ts';
import { toInstant, toMs } from '../values.ts';
import { executionOf, type JobRef } from './range.ts';
import { type Runs, tailOf } from './tail.ts';

/** An execution with `completion: callback`: its target answers with 202 and says later how it ended. */

/** What is recorded of a completion token. */
export const hashOfToken = (token: string): string => createHash('sha256').update(token).digest('hex');

type Labels = Readonly<Record<string, string>> | undefined;
type CallbackInput = { readonly job: JobRef; readonly labels?: Labels };

/** What the call of an attempt was, where its target took it with 202. */
export type AcceptedCall = Pick<EventOf<'CallAccepted'>['data'], 'jobSnapshot' | 'late'> & {
  readonly startedAtMs: number;
};

type AcceptInput = CallbackInput & {
  readonly rules: RunRules;
  readonly execution: OpenExecution;
  readonly call: AcceptedCall;
};

/** Records that a target has taken a call. No engine runs the execution any more: it waits for the target. */
export const acceptCall = (
  runs: Runs,
  { job, labels, rules, execution, call }: AcceptInput,
): EventOf<'CallAccepted'> => {
  const { startedAtMs, ...shown } = call;
  const startedAt = toInstant(startedAtMs);
  const deadlineAt = toInstant(startedAtMs + rules.deadlineMs);
  const awaiting: OpenExecution = {
    ...execution,
    state: 'awaiting',
    acceptedAt: startedAt,
    deadlineAt,
    ...(rules.heartbeatTimeoutMs === undefined ? {} : { lastHeartbeatAt: startedAt }),
  };
  return {
    type: 'CallAccepted',
    data: {
      ...executionOf(job, awaiting, labels),
      attempt: awaiting.attempt,
      startedAt,
      deadlineAt,
      ...shown,
      tail: tailOf(replaced(runs, awaiting)),
    },
  };
};

const MAX_SPACING_MS = 5_000;

/**
 * So long after a heartbeat that was recorded, others are heard and not recorded: each is an event that stays. Where a
 * target has to be heard of from time to time, it is a quarter of that time at the most.
 */
export const heartbeatSpacingMs = ({ heartbeatTimeoutMs }: Pick<RunRules, 'heartbeatTimeoutMs'>): number =>
  Math.min(MAX_SPACING_MS, (heartbeatTimeoutMs ?? Number.POSITIVE_INFINITY) / 4);

type HeartbeatInput = CallbackInput & {
  readonly rules: Pick<RunRules, 'heartbeatTimeoutMs'>;
  readonly execution: OpenExecution;
  readonly progress: EventOf<'HeartbeatReceived'>['data']['progress'];
  readonly nowMs: number;
};

/**
 * Records that the target of an accepted call is at work, unless it was heard of just before. It has as long as before
 * until its deadline.
 */
export const takeHeartbeat = (
  runs: Runs,
  { job, labels, rules, execution, progress, nowMs }: HeartbeatInput,
): EventOf<'HeartbeatReceived'>[] => {
  const { lastHeartbeatAt, acceptedAt } = execution;
  // Until the first heartbeat, the target was heard of when it took the call.
  const isRecent = lastHeartbeatAt !== undefined && nowMs - toMs(lastHeartbeatAt) < heartbeatSpacingMs(rules);
  if (isRecent && lastHeartbeatAt !== acceptedAt) return [];
  const heardMs = acceptedAt === undefined ? nowMs : Math.max(nowMs, toMs(acceptedAt) + 1);
  const heard: OpenExecution = { ...execution, lastHeartbeatAt: toInstant(heardMs) };
  return [
    {
      type: 'HeartbeatReceived',
      data: {
        ...executionOf(job, heard, labels),
        attempt: heard.attempt,
        ...(progress === undefined ? {} : { progress }),
        tail: tailOf(replaced(runs, heard)),
      },
    },
  ];
};

const replaced = (runs: Runs, execution: OpenExecution): Runs => ({
  ...runs,
  open: runs.open.map((each) => (each.executionId === execution.executionId ? execution : each)),
});
