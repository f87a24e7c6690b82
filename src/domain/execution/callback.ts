import { createHash } from 'node:crypto';
import type { EventOf, OpenExecution } from '../events/index.ts';
import type { RunRules } from '../job/rules.ts';
import { toInstant, toMs } from '../values.ts';
import { executionOf, type JobRef } from './range.ts';
import { type Runs, tailOf, withExecution } from './tail.ts';

/** An execution with `completion: callback`: its target responds with 202 and reports the result later. */

/** Returns the hash of a completion token that is recorded. */
export const hashOfToken = (token: string): string => createHash('sha256').update(token).digest('hex');

/** The call of an attempt that the target accepted with 202. */
export type AcceptedCall = Pick<EventOf<'CallAccepted'>['data'], 'jobSnapshot' | 'late'> & {
  readonly startedAtMs: number;
};

type AcceptInput = {
  readonly job: JobRef;
  readonly rules: RunRules;
  readonly execution: OpenExecution;
  readonly call: AcceptedCall;
};

/** Records that a target accepted a call. No engine runs the execution any more: it waits for the target. */
export const acceptCall = (runs: Runs, { job, rules, execution, call }: AcceptInput): EventOf<'CallAccepted'> => {
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
      ...executionOf(job, awaiting),
      attempt: awaiting.attempt,
      startedAt,
      deadlineAt,
      ...shown,
      tail: tailOf(withExecution(runs, awaiting)),
    },
  };
};

const MAX_SPACING_MS = 5_000;

/**
 * Minimum time between recorded heartbeats, because each is a permanent event: at most a quarter of the heartbeat timeout.
 */
export const heartbeatSpacingMs = ({ heartbeatTimeoutMs }: Pick<RunRules, 'heartbeatTimeoutMs'>): number =>
  Math.min(MAX_SPACING_MS, (heartbeatTimeoutMs ?? Number.POSITIVE_INFINITY) / 4);

type HeartbeatInput = {
  readonly job: JobRef;
  readonly rules: Pick<RunRules, 'heartbeatTimeoutMs'>;
  readonly execution: OpenExecution;
  readonly progress: EventOf<'HeartbeatReceived'>['data']['progress'];
  readonly nowMs: number;
};

/** Records a heartbeat of an accepted call, unless one was recorded just before. The deadline does not change. */
export const takeHeartbeat = (
  runs: Runs,
  { job, rules, execution, progress, nowMs }: HeartbeatInput,
): EventOf<'HeartbeatReceived'>[] => {
  const { lastHeartbeatAt, acceptedAt } = execution;
  // Until the first heartbeat, the acceptance of the call counts as one.
  const isRecent = lastHeartbeatAt !== undefined && nowMs - toMs(lastHeartbeatAt) < heartbeatSpacingMs(rules);
  if (isRecent && lastHeartbeatAt !== acceptedAt) return [];
  const heardMs = acceptedAt === undefined ? nowMs : Math.max(nowMs, toMs(acceptedAt) + 1);
  const heard: OpenExecution = { ...execution, lastHeartbeatAt: toInstant(heardMs) };
  return [
    {
      type: 'HeartbeatReceived',
      data: {
        ...executionOf(job, heard),
        attempt: heard.attempt,
        ...(progress === undefined ? {} : { progress }),
        tail: tailOf(withExecution(runs, heard)),
      },
    },
  ];
};
