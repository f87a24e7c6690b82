import type { RunInput, Secret, TlsSettings } from '../../domain/events/index.ts';
import type { HttpOutcome, Outcome } from '../../domain/execution/outcome.ts';
import type { HttpRun } from '../../domain/tasks/run-input.ts';
import type { PreparedRequest } from '../call/index.ts';
import type { ApplicationValues } from '../jobs/application-values.ts';
import type { EngineJob } from '../jobs/engine-job.ts';
import type { RunsDeps } from './append-runs.ts';
import type { Claim, HeldClaim } from './claim.ts';
import { valuesFor } from './definition-to-call.ts';
import type { Limits } from './limits.ts';
import { recordNotCalled } from './not-called.ts';
import type { OpenCalls } from './open-calls.ts';
import type { NotPlain, TaskCall } from './prepare-call.ts';

/** A call of an execution that takes nothing but its definition. */
export type PlainCall = Pick<TaskCall, 'completionToken' | 'signingKeys' | 'tls' | 'mayStillCall'> & {
  readonly claim: Claim;
  readonly definition: HttpRun;
  /** Trace context for the target; without it, the target gets one that nobody else knows. */
  readonly traceparent?: string | undefined;
};

/**
 * Makes the call of one execution. It never rejects.
 * @returns `withheld` if `mayStillCall` said no: nothing was sent
 */
export type RunTask = (call: PlainCall & Pick<TaskCall, 'values' | 'signal'>) => Promise<HttpOutcome | 'withheld'>;

/** Makes the calls of executions. */
export type TaskRunner = {
  readonly run: RunTask;
  /**
   * Prepares a call that takes nothing but its definition, up to its request.
   * @param ended called once after `send`, as `run` resolves
   * @returns why it can't be prepared so: what else it takes
   */
  readonly prepare: (call: PlainCall, ended: (outcome: HttpOutcome | 'withheld') => void) => PreparedRequest | NotPlain;
};

export type BeginCallDeps = Pick<RunsDeps, 'world' | 'closures'> & {
  readonly tasks: TaskRunner;
  /** Reads an application's variables and secrets from the log. */
  readonly newestValues: (applicationId: number) => Promise<ApplicationValues>;
  readonly signingKeysOf: (applicationId: number) => readonly Secret[];
  readonly tlsOf: (applicationId: number) => readonly TlsSettings[];
  /** Whether the lease has held without a break since this monotonic instant. */
  readonly leaseHeldSince: (sinceMs: number) => boolean;
  readonly calls: OpenCalls;
  readonly limits: Pick<Limits, 'sent'>;
};

/** How a claim is known to be this engine's. */
export type Hold = {
  /** Since when by its lease, monotonic; undefined where the log said so. */
  readonly heldSinceMs: number | undefined;
  /** Until when nothing can have been answered that takes the call away, monotonic. */
  readonly sureUntilMs: number;
};

type ClaimOfJob = { readonly job: EngineJob; readonly claim: Claim };

/** The pre-send check. @returns why the call is not made, if its job was paused or its slot left out; else whether it is made */
export const checkBeforeSend = (
  deps: Pick<BeginCallDeps, 'world' | 'closures' | 'leaseHeldSince'>,
  { job, claim }: ClaimOfJob,
  { heldSinceMs, sureUntilMs, origin }: Hold & { readonly origin: string },
): Outcome | boolean =>
  recordNotCalled(deps, { job, claim }, origin) ??
  (deps.world.clock.monotonic() < sureUntilMs && (heldSinceMs === undefined || deps.leaseHeldSince(heldSinceMs)));

type CallInput = Hold & {
  readonly job: EngineJob;
  readonly held: HeldClaim;
  readonly definition: HttpRun;
  readonly input?: RunInput | undefined;
};

/** Makes a call now. @returns `withheld` if it is to be looked up again */
export const beginCall = async (deps: BeginCallDeps, given: CallInput): Promise<Outcome | 'withheld'> => {
  const { job, held, definition, input } = given;
  const { claim, completionToken, trace } = held;
  const { applicationId } = definition;
  const controller = new AbortController();
  const end = deps.calls.begin(claim, () => controller.abort());
  let closed: Outcome | undefined;
  try {
    const outcome = await deps.tasks.run({
      claim,
      definition,
      completionToken,
      traceparent: trace.traceparent,
      values: () => valuesFor(deps, definition, input),
      signingKeys: deps.signingKeysOf(applicationId),
      tls: deps.tlsOf(applicationId),
      signal: controller.signal,
      mayStillCall: (origin) => {
        const checked = checkBeforeSend(deps, { job, claim }, { ...given, origin });
        if (typeof checked !== 'boolean') closed = checked;
        if (checked === true && job.rules.limit !== undefined) deps.limits.sent(claim);
        return checked === true;
      },
    });
    return outcome === 'withheld' ? (closed ?? outcome) : outcome;
  } finally {
    end();
  }
};
