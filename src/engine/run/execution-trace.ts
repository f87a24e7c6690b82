import type { Outcome } from '../../domain/execution/outcome.ts';
import type { LogFields } from '../../runtime/runtime.ts';
import type { Tracer } from '../../telemetry/tracer.ts';
import type { Claim } from './open-calls.ts';

/** The trace of one attempt of an execution, from its claim to its recorded outcome. */
export type ExecutionTrace = {
  /** Trace context for its call; undefined without tracing. */
  readonly traceparent: string | undefined;
  /** Trace context for its events: those of a trace that is not recorded carry none. */
  readonly recordedAs: string | undefined;
  /** With these a log line names the trace. */
  readonly logFields: LogFields;
  /** Runs the attempt, whose log lines then name the trace. */
  run<T>(work: () => T): T;
  /** @param outcome undefined where it was not for this engine to end it */
  end(outcome: Outcome | undefined): void;
};

/**
 * Begins the trace of a claim. It is a trace of its own, since the request for the execution may have ended
 * long ago, and is linked to that.
 */
export const startTrace = (tracer: Tracer, claim: Claim): ExecutionTrace => {
  const { tenant, jobId, executionId, attempt, trigger, scheduledAt, tail } = claim;
  const link =
    trigger === 'schedule' ? undefined : tail.open.find((open) => open.executionId === executionId)?.requestTrace;
  const { traceparent, isRecorded, logFields, run, end } = tracer.start({
    name: 'execution',
    link,
    correlationId: `execution-${executionId}`,
  });
  return {
    traceparent,
    recordedAs: isRecorded ? traceparent : undefined,
    logFields,
    run,
    end: (outcome) => {
      if (!isRecorded) return;
      const attributes = {
        'carillon.tenant': tenant,
        'carillon.job.id': jobId,
        ...(outcome?.jobSnapshot === undefined ? {} : { 'carillon.job.name': outcome.jobSnapshot.name }),
        'carillon.execution.id': executionId,
        'carillon.execution.attempt': attempt,
        'carillon.execution.trigger': trigger,
        'carillon.execution.scheduled_at': scheduledAt,
        'carillon.execution.outcome': outcome?.kind ?? 'ended elsewhere',
      };
      end({ attributes, error: outcome && codeOf(outcome) });
    },
  };
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
