import type { JobDefinition, RunInput, Secret, TlsSettings } from '../../domain/events/index.ts';
import type { Outcome } from '../../domain/execution/outcome.ts';
import type { ApplicationValues } from '../jobs/application-values.ts';
import type { EngineJob } from '../jobs/engine-job.ts';
import type { RunsDeps } from './append-runs.ts';
import type { BegunCall, Claim, HeldClaim } from './claim.ts';
import { valuesFor } from './definition-to-call.ts';
import type { Limits } from './limits.ts';
import { recordNotCalled } from './not-called.ts';
import type { OpenCalls } from './open-calls.ts';
import type { TaskCall } from './prepare-call.ts';

/**
 * Makes the call of one execution. It never rejects.
 * @returns `withheld` if `mayStillCall` said no: nothing was sent
 */
export type RunTask = (
  input: Pick<TaskCall, 'completionToken' | 'values' | 'signingKeys' | 'tls' | 'signal' | 'mayStillCall' | 'due'> & {
    readonly claim: Claim;
    readonly definition: JobDefinition;
    /** Trace context for the target; without it, the target gets one that nobody else knows. */
    readonly traceparent?: string | undefined;
  },
) => Promise<Outcome | 'withheld'>;

export type BeginCallDeps = Pick<RunsDeps, 'world' | 'closures'> & {
  readonly runTask: RunTask;
  /** Reads an application's variables and secrets from the log. */
  readonly newestValues: (applicationId: number) => Promise<ApplicationValues>;
  readonly signingKeysOf: (applicationId: number) => readonly Secret[];
  readonly tlsOf: (applicationId: number) => readonly TlsSettings[];
  /** Whether the lease has held without a break since this monotonic instant. */
  readonly leaseHeldSince: (sinceMs: number) => boolean;
  readonly calls: OpenCalls;
  readonly limits: Pick<Limits, 'sent'>;
};

type CallInput = {
  readonly job: EngineJob;
  readonly held: HeldClaim;
  readonly definition: JobDefinition;
  readonly input?: RunInput | undefined;
  /** Since when the claim is known to be this engine's by its lease, monotonic; undefined where the log said so. */
  readonly heldSinceMs: number | undefined;
  /** Until when nothing can have been answered that takes the call away, monotonic. */
  readonly sureUntilMs: number;
  /** In how many milliseconds it is due; then it waits for `end`. Absent: it goes at once. */
  readonly dueInMs?: number;
};

export const beginCall = (deps: BeginCallDeps, given: CallInput): BegunCall => {
  const { job, held, definition, input, heldSinceMs, sureUntilMs, dueInMs } = given;
  const { claim, completionToken, trace } = held;
  const { applicationId } = definition;
  const { clock } = deps.world;
  const signingKeys = deps.signingKeysOf(applicationId);
  const tls = deps.tlsOf(applicationId);
  const { signal, abort, end } = deps.calls.begin(claim);
  const due = dueInMs === undefined ? undefined : { ...Promise.withResolvers<number>(), inMs: dueInMs };
  let closed: Outcome | undefined;
  let isOver = false;
  const outcome = deps.runTask({
    claim,
    definition,
    completionToken,
    traceparent: trace.traceparent,
    values: () => valuesFor(deps, definition, input),
    signingKeys,
    tls,
    signal,
    due: due && { reached: due.promise, inMs: due.inMs },
    mayStillCall: (origin) => {
      closed = recordNotCalled(deps, { job, claim }, origin);
      const may =
        !isOver &&
        closed === undefined &&
        clock.monotonic() < sureUntilMs &&
        (heldSinceMs === undefined || deps.leaseHeldSince(heldSinceMs));
      if (may && job.rules.limit !== undefined) deps.limits.sent(claim);
      return may;
    },
  });
  return {
    isOf: (newest) =>
      newest === definition && deps.signingKeysOf(applicationId) === signingKeys && deps.tlsOf(applicationId) === tls,
    end: async () => {
      due?.resolve(clock.now());
      try {
        return await outcome;
      } finally {
        isOver = true;
        end();
      }
    },
    closed: () => closed,
    drop: () => {
      if (isOver) return;
      isOver = true;
      end();
      abort();
      due?.resolve(clock.now());
    },
  };
};
