import { isSecretError } from '../../domain/codes/execution-error-codes.ts';
import type { HttpOutcome, OutcomeError } from '../../domain/execution/outcome.ts';
import { ParameterRejected } from '../../domain/parameters/index.ts';
import type { SensitiveNames } from '../../domain/redaction/mask.ts';
import { messageWithinSize } from '../../domain/redaction/redact.ts';
import type { HttpRun, WorkerRun } from '../../domain/tasks/run-input.ts';
import { namesValues } from '../../domain/tasks/walk.ts';
import { StreamParked } from '../../event-store/errors.ts';
import type { Runtime } from '../../runtime/runtime.ts';
import type { CallOutcome, OwnParts, PrepareCall, PreparedRequest, TargetCaller } from '../call/port.ts';
import { NO_VALUES } from '../jobs/application-values.ts';
import { readWithRetry } from '../read-with-retry.ts';
import { outcomeOfCall, STOPPED_UNSENT } from './call-outcome.ts';
import type { Claim } from './open-calls.ts';
import {
  type CalledDefinition,
  canBePlain,
  type NotPlain,
  type Opener,
  type PreparableCall,
  type PreparedCall,
  prepareCall,
  secretSearch,
  type TaskCall,
} from './prepare-call.ts';

export type SendTaskDeps = {
  readonly world: Runtime;
  readonly names: SensitiveNames;
  /** The largest timeout of a call, ms. Jobs saved before it was lowered may set more. */
  readonly maxTimeoutMs: number;
  readonly caller: TargetCaller;
  /**
   * Gives what decrypts and encrypts for a job, also other keys of its application where it `usesKeys`. It is at hand,
   * not a promise, if no key is needed.
   */
  readonly openerOf: (
    job: CalledDefinition | WorkerRun,
    use: { readonly usesKeys: boolean },
  ) => Opener | Promise<Opener>;
};

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

/** The calls of a definition that take nothing else. */
type PlainCalls = { readonly prepared: PreparedCall; readonly each: PrepareCall };

/**
 * Makes what opens a task's secrets, fills in its parameters, calls its target, and masks secrets in the outcome. A plain
 * call is prepared once a definition, and what was prepared goes with that definition: 30 µs for each of its further
 * calls.
 */
export const createTaskSender = (deps: SendTaskDeps) => {
  const { world, caller } = deps;
  const plainCalls = new WeakMap<CalledDefinition, PlainCalls | NotPlain>();

  const plainCallsBy = (prepared: PreparedCall): PlainCalls => ({ prepared, each: caller.prepare(prepared.request) });

  const prepare = async (call: TaskCall): Promise<PreparedCall | OutcomeError> => {
    const { definition, signingKeys, signal } = call;
    const usesKeys = signingKeys.length > 0 || call.tls.some(({ key }) => key !== undefined);
    const open = async () => deps.openerOf(definition, { usesKeys });
    const opener = await readWithRetry(world, open, { signal, isFinal: isSecretError });
    const keys = signingKeys.map(({ name, value }) => opener.secret(name, value));
    const opened = opener.task(definition);
    const values = namesValues({ taskType: definition.taskType, taskConfig: opened.task })
      ? await call.values()
      : NO_VALUES;
    const prepared = prepareCall(deps, call, { opener, keys, opened, values });
    if ('isPlain' in prepared && prepared.isPlain) plainCalls.set(definition, plainCallsBy(prepared));
    return prepared;
  };

  const preparePlain = (call: PreparableCall): PlainCalls | NotPlain => {
    const opener = deps.openerOf(call.definition, { usesKeys: false });
    if (opener instanceof Promise) {
      opener.catch(() => {});
      return 'secret';
    }
    try {
      const opened = opener.task(call.definition);
      if (namesValues({ taskType: call.definition.taskType, taskConfig: opened.task })) return 'parameter';
      const prepared = prepareCall(deps, call, { opener, keys: [], opened, values: NO_VALUES });
      return 'isPlain' in prepared && prepared.isPlain ? plainCallsBy(prepared) : 'parameter';
    } catch {
      // `send` tells why it can't be called.
      return 'parameter';
    }
  };

  const plainOf = (call: PreparableCall): PlainCalls | NotPlain => {
    if (!canBePlain(call)) return 'keys';
    const known = plainCalls.get(call.definition);
    if (known !== undefined) return known;
    const found = preparePlain(call);
    plainCalls.set(call.definition, found);
    return found;
  };

  const ownParts = (call: PreparableCall, prepared: PreparedCall): OwnParts => {
    const { origin } = prepared.request.url;
    return {
      ownHeaders: call.ownHeaders(),
      holdsSecret: secretSearch(call, prepared),
      beforeSend: () => call.mayStillCall(origin),
    };
  };

  return {
    /** Makes one call. It never rejects. @returns `withheld` if `mayStillCall` said no: nothing was sent */
    send: async (call: TaskCall): Promise<HttpOutcome | 'withheld'> => {
      try {
        const known = canBePlain(call) ? plainCalls.get(call.definition) : undefined;
        const prepared = typeof known === 'object' ? known.prepared : await prepare(call);
        if ('code' in prepared) return failed(world, prepared.code, prepared.message);
        const calledAtMs = world.clock.now();
        const called = await caller.call({ ...prepared.request, ...ownParts(call, prepared) }, call.signal);
        return outcomeOfCall(call, prepared, { called, calledAtMs });
      } catch (error) {
        return outcomeOfError(world, call, error);
      }
    },
    /** Prepares a call that follows from its definition alone. @param ended as `send` resolves */
    prepare: (call: PreparableCall, ended: (outcome: HttpOutcome | 'withheld') => void): PreparedRequest | NotPlain => {
      const plain = plainOf(call);
      if (typeof plain === 'string') return plain;
      const { prepared, each } = plain;
      let calledAtMs = 0;
      const outcomeOf = (called: CallOutcome): HttpOutcome | 'withheld' => {
        try {
          return outcomeOfCall(call, prepared, { called, calledAtMs });
        } catch (error) {
          return outcomeOfError(world, call, error);
        }
      };
      const request = each(ownParts(call, prepared), (called) => ended(outcomeOf(called)));
      if (request === undefined) return 'address';
      return {
        send: () => {
          calledAtMs = world.clock.now();
          request.send();
        },
        abort: request.abort,
      };
    },
  };
};

export const failed = ({ clock }: Runtime, code: OutcomeError['code'], message: string): HttpOutcome => ({
  kind: 'failed',
  finishedAtMs: clock.now(),
  error: { code, message: messageWithinSize(message) },
});

/** The outcome of a call that could not be made. */
export const outcomeOfError = (
  world: Runtime,
  { signal, about }: { readonly signal?: AbortSignal; readonly about: PreparableCall['about'] },
  error: unknown,
): HttpOutcome => {
  // The log could not be read until the engine stopped waiting for calls.
  if (signal?.aborted) return { kind: 'failed', finishedAtMs: world.clock.now(), ...STOPPED_UNSENT };
  if (error instanceof ParameterRejected || error instanceof StreamParked || isSecretError(error)) {
    return failed(world, error.code, error.message);
  }
  world.log.error({ ...about, error }, 'scheduler: job execution failed because of an internal error');
  return failed(
    world,
    'INTERNAL_ERROR',
    "the scheduler failed with an internal error; the engine's log has the details",
  );
};

/**
 * Makes what calls the target of an execution, with the headers that say which one it is.
 * @param completionUrlOf where the target of an execution says how it ended
 */
export const createTaskRunner = ({
  completionUrlOf,
  ...deps
}: SendTaskDeps & {
  readonly completionUrlOf: (execution: Pick<Claim, 'jobId' | 'executionId'>) => string;
}): TaskRunner => {
  const sender = createTaskSender(deps);
  const callOf = <C extends PlainCall>({ claim, traceparent, ...call }: C) => {
    const { jobId, executionId } = claim;
    const { completionToken } = call;
    // The same for all attempts of an execution.
    const callId = `execution-${executionId}`;
    return {
      ...call,
      at: claim.scheduledAt,
      callId,
      ownHeaders: () => ({
        'Idempotency-Key': callId,
        ...callHeaders(claim, traceparent ?? newTrace(deps.world.random)),
        // With these the target says how the execution ended.
        ...(completionToken !== undefined && {
          'Carillon-Completion-Token': completionToken,
          'Carillon-Completion-Url': completionUrlOf(claim),
        }),
      }),
      about: { jobId, executionId },
    };
  };
  return {
    run: (call) => sender.send(callOf(call)),
    prepare: (call, ended) => sender.prepare(callOf(call), ended),
  };
};

const TRACE_BYTES = 24;

/** The trace context of a call that is in no trace of ours. */
export const newTrace = (random: Runtime['random']): string => {
  const ids = random.bytes(TRACE_BYTES);
  return `00-${ids.toString('hex', 0, 16)}-${ids.toString('hex', 16)}-01`;
};

/** The headers of every call. A header of the same name in the task replaces them. */
const callHeaders = (claim: Claim, traceparent: string): Record<string, string> => ({
  'Carillon-Job': String(claim.jobId),
  'Carillon-Execution': String(claim.executionId),
  'Carillon-Scheduled-At': claim.scheduledAt,
  'Carillon-Attempt': String(claim.attempt),
  'Carillon-Trigger': claim.trigger,
  traceparent,
});
