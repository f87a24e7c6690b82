import type { Outcome } from '../../domain/execution/outcome.ts';
import type { Tracer, TraceSpan } from '../../telemetry/tracer.ts';
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
