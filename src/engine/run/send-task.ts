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
   * @returns why it can't be prepared so: what else it takes
   */
  readonly prepare: (call: PlainCall & CallEnd) => PreparedRequest | NotPlain;
};

/** Called once after `send`, with how the call ended. */
type CallEnd = { ended(outcome: HttpOutcome | 'withheld'): void };

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

  /** The plain calls of the call's definition, or why it has none. */
  const plainOf = (call: PreparableCall): PlainCalls | NotPlain => {
    if (!canBePlain(call)) return 'keys';
    const known = plainCalls.get(call.definition);
    if (known !== undefined) return known;
    const found = preparePlain(call);
    plainCalls.set(call.definition, found);
    return found;
  };

  return {
    /** Makes one call. It never rejects. @returns `withheld` if `mayStillCall` said no: nothing was sent */
    send: async (call: TaskCall): Promise<HttpOutcome | 'withheld'> => {
      try {
        const known = canBePlain(call) ? plainCalls.get(call.definition) : undefined;
        const prepared = typeof known === 'object' ? known.prepared : await prepare(call);
        if ('code' in prepared) return failed(world, prepared.code, prepared.message);
        const calledAtMs = world.clock.now();
        const { origin } = prepared.request.url;
        const own: OwnParts = {
          ownHeaders: call.ownHeaders,
          holdsSecret: secretSearch(call, prepared),
          beforeSend: () => call.mayStillCall(origin),
        };
        const called = await caller.call({ ...prepared.request, ...own }, call.signal);
        return outcomeOfCall(call, prepared, { called, calledAtMs });
      } catch (error) {
        return outcomeOfError(world, call, error);
      }
    },
    plainOf,
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

/** Called with each call that was made, and how it ended. */
export type ObserveCall = (call: Pick<PlainCall, 'claim' | 'definition'>, outcome: HttpOutcome) => void;

/** What the calls of executions are made with. */
type CallParts = {
  readonly world: Runtime;
  readonly observers?: readonly ObserveCall[];
  /** Where the target of an execution says how it ended. */
  readonly completionUrlOf: (execution: Pick<Claim, 'jobId' | 'executionId'>) => string;
};

/** A call of an execution, with the headers that say which one it is. Thousands wait at a time, so it is one object. */
class ExecutionCall<Call extends PlainCall = PlainCall> implements PreparableCall {
  protected readonly call: Call;
  protected readonly parts: CallParts;
  private trace: string | undefined;

  constructor(call: Call, parts: CallParts) {
    this.call = call;
    this.parts = parts;
    this.trace = call.traceparent;
  }

  get definition(): HttpRun {
    return this.call.definition;
  }

  get signingKeys() {
    return this.call.signingKeys;
  }

  get tls() {
    return this.call.tls;
  }

  get completionToken() {
    return this.call.completionToken;
  }

  get at() {
    return this.call.claim.scheduledAt;
  }

  /** The same for all attempts of an execution. */
  get callId(): string {
    return `execution-${this.call.claim.executionId}`;
  }

  get about() {
    const { jobId, executionId } = this.call.claim;
    return { jobId, executionId };
  }

  get ownHeaders(): Record<string, string> {
    const { claim, completionToken } = this.call;
    this.trace ??= newTrace(this.parts.world.random);
    return {
      'Idempotency-Key': this.callId,
      ...callHeaders(claim, this.trace),
      // With these the target says how the execution ended.
      ...(completionToken !== undefined && {
        'Carillon-Completion-Token': completionToken,
        'Carillon-Completion-Url': this.parts.completionUrlOf(claim),
      }),
    };
  }

  mayStillCall(origin: string): boolean {
    return this.call.mayStillCall(origin);
  }

  observe(outcome: HttpOutcome | 'withheld'): void {
    if (outcome !== 'withheld') for (const each of this.parts.observers ?? []) each(this.call, outcome);
  }
}

class ReadingCall extends ExecutionCall<Parameters<RunTask>[0]> implements TaskCall {
  get values() {
    return this.call.values;
  }

  get signal() {
    return this.call.signal;
  }
}

/** A call that is prepared up to its request. */
class PlainExecutionCall extends ExecutionCall<PlainCall & CallEnd> implements OwnParts, PreparedRequest {
  private readonly prepared: PreparedCall;
  private request: PreparedRequest | undefined;
  private calledAtMs = 0;

  constructor(call: PlainCall & CallEnd, parts: CallParts, prepared: PreparedCall) {
    super(call, parts);
    this.prepared = prepared;
  }

  /** @returns whether it could be prepared */
  prepareBy(each: PrepareCall): boolean {
    this.request = each(this, (called) => {
      const outcome = this.outcomeOf(called);
      this.observe(outcome);
      this.call.ended(outcome);
    });
    return this.request !== undefined;
  }

  get holdsSecret() {
    return secretSearch(this, this.prepared);
  }

  beforeSend(): boolean {
    return this.mayStillCall(this.prepared.request.url.origin);
  }

  send(): void {
    this.calledAtMs = this.parts.world.clock.now();
    this.request?.send();
  }

  abort(): void {
    this.request?.abort();
  }

  private outcomeOf(called: CallOutcome): HttpOutcome | 'withheld' {
    try {
      return outcomeOfCall(this, this.prepared, { called, calledAtMs: this.calledAtMs });
    } catch (error) {
      return outcomeOfError(this.parts.world, this, error);
    }
  }
}

/** Makes what calls the target of an execution. */
export const createTaskRunner = (deps: SendTaskDeps & CallParts): TaskRunner => {
  const sender = createTaskSender(deps);
  return {
    run: async (given) => {
      const call = new ReadingCall(given, deps);
      const outcome = await sender.send(call);
      call.observe(outcome);
      return outcome;
    },
    prepare: (call) => {
      const plain = sender.plainOf(new ExecutionCall(call, deps));
      if (typeof plain === 'string') return plain;
      const execution = new PlainExecutionCall(call, deps, plain.prepared);
      return execution.prepareBy(plain.each) ? execution : 'address';
    },
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
