import { statusOf } from '../../domain/events/index.ts';
import type { Outcome } from '../../domain/execution/outcome.ts';
import { mix } from '../../domain/mix.ts';
import type { Tracer, TraceSpan } from '../../telemetry/tracer.ts';
import type { EngineSetup } from '../context.ts';
import type { HeldClaim } from './claim.ts';
import type { Claim } from './open-calls.ts';

/**
 * Begins the trace of one attempt of an execution, from its claim to its recorded outcome. It is a trace of its own, since
 * the request for the execution may have ended long ago, and is linked to that.
 */
export const startTrace = (tracer: Tracer, { trigger, executionId, tail }: Claim): TraceSpan => {
  const link =
    trigger === 'schedule' ? undefined : tail.open.find((open) => open.executionId === executionId)?.requestTrace;
  return tracer.start({ name: 'execution', link, correlationId: `execution-${executionId}` });
};

/** Trace context for the events of an attempt: those of a trace that is not recorded carry none. */
export const recordedTrace = ({ isRecorded, traceparent }: TraceSpan): string | undefined =>
  isRecorded ? traceparent : undefined;

/** @param outcome undefined where it was not for this engine to end it */
export const endTrace = ({ claim, trace }: HeldClaim, outcome: Outcome | undefined): void => {
  if (!trace.isRecorded) return;
  const attributes = {
    'carillon.tenant': claim.tenant,
    'carillon.job.id': claim.jobId,
    ...(outcome?.jobSnapshot === undefined ? {} : { 'carillon.job.name': outcome.jobSnapshot.name }),
    'carillon.execution.id': claim.executionId,
    'carillon.execution.attempt': claim.attempt,
    'carillon.execution.trigger': claim.trigger,
    'carillon.execution.scheduled_at': claim.scheduledAt,
    'carillon.execution.outcome': outcome?.kind ?? 'ended elsewhere',
  };
  trace.end({ attributes, error: outcome && codeOf(outcome) });
};

/** The error code; `undefined` for a success. */
export const codeOf = (outcome: Outcome): string | undefined => {
  switch (outcome.kind) {
    case 'succeeded':
    case 'accepted':
    case 'offered':
      return undefined;
    case 'failed':
    case 'cancelled':
      return outcome.error.code;
  }
};

/** Longer than it takes to hand a thousand calls to their connections; what they are said by then is sent in the same turn. */
const AFTER_MS = 20;

/** The lines of the log that tell of executions. */
export type ExecutionLines = {
  /** Says soon that an attempt started, and before anything that is said of an end. */
  started(held: HeldClaim, jobName: string): void;
  ended(held: HeldClaim, jobName: string, outcome: Outcome): void;
};

/**
 * Lines that say that executions started wait until the calls that are due with them are out: writing a line takes a
 * fourth of what sending a call takes, and the next call would be later by it.
 */
export const createExecutionLines = ({ loggedShare, world: { timers, log } }: EngineSetup): ExecutionLines => {
  let waiting: ReturnType<typeof fieldsOf>[] = [];
  const flush = (): void => {
    const lines = waiting;
    waiting = [];
    for (const fields of lines) log.info(fields, 'scheduler: job execution started');
  };
  return {
    started: (held, jobName) => {
      if (!isOfShare(held, loggedShare)) return;
      if (waiting.push(fieldsOf(held, jobName)) === 1) timers.after(AFTER_MS, flush);
    },
    ended: (held, jobName, outcome) => {
      if (outcome.kind !== 'failed' && !isOfShare(held, loggedShare)) return;
      flush();
      log.info({ ...fieldsOf(held, jobName), ...toldOf(outcome) }, `scheduler: job execution ${outcome.kind}`);
    },
  };
};

/** All attempts of an execution are logged, or none. Ids are hashed, because every hundredth may be of the same job. */
const isOfShare = ({ claim }: HeldClaim, share: number): boolean => mix(claim.executionId) < share * 2 ** 32;

const fieldsOf = ({ claim, trace }: HeldClaim, jobName: string) => {
  const { jobId, executionId, attempt, trigger, scheduledAt } = claim;
  return { ...trace.logFields, jobId, jobName, executionId, attempt, trigger, scheduledAt };
};

/** What a line says of how a call ended: the status is that of the target's response, if there was one. */
const toldOf = (outcome: Outcome): { durationMs?: number; status?: number; code?: string } => {
  if (outcome.kind === 'offered') return {};
  const { startedAtMs = outcome.calledAtMs, finishedAtMs } = outcome;
  const status = outcome.kind === 'accepted' ? ACCEPTED : 'result' in outcome ? statusOf(outcome.result) : undefined;
  const code = codeOf(outcome);
  return {
    ...(startedAtMs === undefined ? {} : { durationMs: finishedAtMs - startedAtMs }),
    ...(status === undefined ? {} : { status }),
    ...(code === undefined ? {} : { code }),
  };
};
const ACCEPTED = 202;
