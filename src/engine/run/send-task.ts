import {
  type ExecutionErrorCode,
  isSecretErrorCode,
  type SecretErrorCode,
} from '../../domain/codes/execution-error-codes.ts';
import type { FailureReason } from '../../domain/codes/reasons.ts';
import type { JobDefinition, Secret, TlsSettings } from '../../domain/events/index.ts';
import type { Outcome, OutcomeError } from '../../domain/execution/outcome.ts';
import { readRetryAfter } from '../../domain/execution/retry.ts';
import {
  type ClearTask,
  namesValues,
  ParameterRefused,
  resolveTask,
  secretNamesOfAuth,
} from '../../domain/parameters/index.ts';
import {
  confidentialResult,
  jobSnapshot,
  messageWithinSize,
  recordableResult,
  type SensitiveNames,
  type Strike,
  secretsOf,
  strikeOut,
  textsOf,
} from '../../domain/redaction/index.ts';
import { TargetRefused, targetUrl } from '../../domain/targets/index.ts';
import { type Instant, type Sealed, toMs } from '../../domain/values.ts';
import { StreamParked } from '../../event-store/errors.ts';
import type { World } from '../../runtime/world.ts';
import { type CallOutcome, createSigner, type TargetCaller } from '../call/index.ts';
import { type ApplicationValues, NO_VALUES } from '../jobs/application-values.ts';
import { readSurely } from '../read-surely.ts';
import { clientTlsOf } from './client-tls.ts';
import { holdsSecret, leavingSecret } from './sent-secrets.ts';

/** What a call is made by of a job's definition. */
export type CalledDefinition = Pick<
  JobDefinition,
  'tenant' | 'applicationId' | 'name' | 'pattern' | 'schedule' | 'timezone' | 'taskType' | 'taskConfig' | 'confidential'
>;

export type SendTaskDeps = {
  readonly world: Pick<World, 'clock' | 'timers' | 'random' | 'log'>;
  readonly caller: TargetCaller;
  readonly names: SensitiveNames;
  /** The largest timeout of a call, ms. Jobs saved before it was lowered may ask for more. */
  readonly maxTimeoutMs: number;
  /** Gives what decrypts and encrypts for a job, also other keys of its application where it `usesKeys`. */
  readonly openerOf: (job: CalledDefinition, use: { readonly usesKeys: boolean }) => Promise<Opener>;
};

/** One call of a task's target. */
export type TaskCall = {
  readonly definition: CalledDefinition;
  /** The instant that parameters are resolved for. */
  readonly at: Instant;
  /** Named in signatures, and the same wherever the call is repeated. */
  readonly callId: string;
  /** Gives the headers that the service sends. */
  readonly ownHeaders: () => Readonly<Record<string, string>>;
  /** With which the target says how it ended: a 202 is no end then. */
  readonly completionToken?: string | undefined;
  /** The variables and secrets of the job's application, as the log has them now. */
  readonly values: () => Promise<ApplicationValues>;
  /** The secrets of the application that sign its calls. */
  readonly signingKeys: readonly Secret[];
  /** How calls of the application are made to some origins. */
  readonly tls: readonly TlsSettings[];
  readonly signal: AbortSignal;
  /** Asked right before the request is sent to this origin; false withholds it. */
  readonly mayStillCall: (origin: string) => boolean;
  /** What the service's log says of the call where the scheduler itself fails. */
  readonly about: Readonly<Record<string, unknown>>;
};

/** Makes one call. It never rejects. @returns `withheld` if `mayStillCall` said no: nothing was sent */
export type SendTask = (call: TaskCall) => Promise<Outcome | 'withheld'>;

/** Decrypts and encrypts for one job. @throws errors with a code SECRET_… if a sealed text can't be opened */
export type Opener = {
  task(job: CalledDefinition): { readonly task: ClearTask; readonly secrets: readonly string[] };
  secret(name: string, sealed: Sealed): string;
  /** The private key in TLS settings of this name. */
  tlsKey(name: string, sealed: Sealed): string;
  /** Seals the result of a confidential job. */
  seal(clear: string): Sealed;
};

const DEFAULT_TIMEOUT_MS = 30_000;

/**
 * Makes the function that opens a task's secrets, fills in its parameters, calls its target, and masks secrets in the
 * outcome.
 */
export const createSendTask =
  ({ world, caller, openerOf, names, maxTimeoutMs }: SendTaskDeps): SendTask =>
  async ({ definition, completionToken, values, signingKeys, tls, signal, mayStillCall, ...asked }) => {
    const fail = (code: ExecutionErrorCode, message: string): Outcome => ({
      kind: 'failed',
      finishedAtMs: world.clock.now(),
      error: { code, message: messageWithinSize(message) },
    });
    try {
      const signs = signingKeys.length > 0;
      const usesKeys = signs || tls.some(({ key }) => key !== undefined);
      const opener = await readSurely(world, () => openerOf(definition, { usesKeys }), {
        signal,
        isFinal: isSecretError,
      });
      const keys = signingKeys.map(({ name, value }) => opener.secret(name, value));
      const opened = opener.task(definition);
      const { variables, secrets: sealed } = namesValues(opened.task) ? await values() : NO_VALUES;
      const named: Secret[] = [];
      const { task, resolvedParameters, secretsUsed } = resolveTask(opened.task, {
        atMs: toMs(asked.at),
        timezone: definition.timezone,
        variables,
        secrets: {
          get: (name) => {
            const secret = sealed.get(name);
            if (secret === undefined) return undefined;
            named.push(secret);
            return opener.secret(name, secret.value);
          },
        },
      });
      const given = [...(completionToken === undefined ? [] : [completionToken]), ...keys];
      const secrets = secretsOf(task, { names, filledIn: [...opened.secrets, ...secretsUsed, ...given] });
      const strike = strikeOut(secrets);
      const url = targetUrl(task);
      if (url instanceof TargetRefused) return fail(url.code, strike.text(url.message));
      const { origin } = url;
      const leaving = leavingSecret(named, { task, origin, ofAuth: secretNamesOfAuth(opened.task) });
      if (leaving !== undefined) return fail('SECRET_WOULD_LEAVE', leaving);
      const tlsFor = tls.length === 0 ? undefined : clientTlsOf(tls, opener.tlsKey);
      // Opened here, where a key that cannot be opened has an error code of its own.
      tlsFor?.(origin);
      const calledAtMs = world.clock.now();
      const called = await caller.call(
        {
          tenant: definition.tenant,
          method: task.method,
          url,
          headers: task.headers,
          ownHeaders: asked.ownHeaders(),
          auth: task.auth,
          body: task.body,
          timeoutMs: Math.min(task.timeout ?? DEFAULT_TIMEOUT_MS, maxTimeoutMs),
          successStatus: task.successStatus,
          tlsFor,
          sign: signs ? createSigner({ keys, id: asked.callId, clock: world.clock }) : undefined,
          holdsSecret: (sent) => holdsSecret(sent, { template: opened.task, definition, strike }),
          beforeSend: () => mayStillCall(origin),
        },
        signal,
      );
      if (called.kind === 'withheld') return 'withheld';
      // Made after the call, so that it delays none of the calls that are due at once.
      const snapshot = jobSnapshot({ job: definition, task, url, resolvedParameters, strike, names });
      if (completionToken !== undefined && called.kind === 'succeeded' && called.result.status === ACCEPTED) {
        const { startedAtMs = calledAtMs, finishedAtMs } = called;
        return { kind: 'accepted', calledAtMs, startedAtMs, finishedAtMs, jobSnapshot: snapshot };
      }
      const { accessTokens = [] } = called;
      const all = [...secrets, ...accessTokens];
      const redaction = { strike: accessTokens.length === 0 ? strike : strikeOut(all), names };
      const outcome = { ...outcomeOf(called, redaction), calledAtMs, jobSnapshot: snapshot };
      return definition.confidential ? confidential(outcome, { task, secrets: all, seal: opener.seal }) : outcome;
    } catch (error) {
      // The log could not be read until the engine stopped waiting for calls.
      if (signal.aborted) return { kind: 'failed', finishedAtMs: world.clock.now(), ...STOPPED_UNSENT };
      if (error instanceof ParameterRefused) return fail(error.code, error.message);
      if (isSecretError(error) || error instanceof StreamParked) return fail(error.code, error.message);
      world.log.error({ ...asked.about, error }, 'scheduler: job execution met an error of the scheduler');
      return fail('INTERNAL_ERROR', 'the scheduler itself failed; its log says how');
    }
  };

/** Whether secrets/ threw this error. The engine must not import secrets/, so it goes by the code. */
const isSecretError = (error: unknown): error is Error & { code: SecretErrorCode } =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' && isSecretErrorCode(error.code);

/** Above so many texts in a body, looking for each in a message would take too long. */
const MOST_TEXTS = 200;

type ConfidentialInput = {
  readonly task: ClearTask;
  readonly secrets: readonly string[];
  readonly seal: Opener['seal'];
};

/** Seals the result and masks the body's texts in the error message, where a redirect's address may repeat them. */
const confidential = (outcome: Outcome, { task, secrets, seal }: ConfidentialInput): Outcome => {
  const messageOf = ({ code, message }: OutcomeError): string => {
    const texts = task.body === undefined ? [] : textsOf(task.body);
    if (texts.length > MOST_TEXTS) return `it failed with ${code}; the job is confidential, so no more is kept`;
    return strikeOut([...secrets, ...texts]).text(message);
  };
  switch (outcome.kind) {
    case 'succeeded':
      return { ...outcome, result: confidentialResult(outcome.result, seal) };
    case 'failed':
      return {
        ...outcome,
        error: { code: outcome.error.code, message: messageOf(outcome.error) },
        ...(outcome.result === undefined ? {} : { result: confidentialResult(outcome.result, seal) }),
      };
    case 'cancelled':
    case 'accepted':
      return outcome;
  }
};

/** The status by which a target says that it will call back. */
const ACCEPTED = 202;

type StopOutcome = { readonly reason: FailureReason; readonly error: OutcomeError };
const STOPPED_UNSENT: StopOutcome = {
  reason: 'ENGINE_STOPPED',
  error: { code: 'ENGINE_STOPPED', message: 'the engine was stopped before it called' },
};
const STOPPED_SENT: StopOutcome = {
  reason: 'ENGINE_STOPPED',
  error: {
    code: 'OUTCOME_UNKNOWN',
    message: 'the engine was stopped while the call was under way: whether the target acted is not known',
  },
};

type RedactionInput = { readonly strike: Strike; readonly names: SensitiveNames };

const outcomeOf = (called: Exclude<CallOutcome, { kind: 'withheld' }>, redaction: RedactionInput): Outcome => {
  const { strike } = redaction;
  switch (called.kind) {
    case 'succeeded':
      return { ...called, result: recordableResult(called.result, redaction) };
    case 'failed': {
      const { result, error, ...rest } = called;
      const retryAfterMs = readRetryAfter(result?.headers['retry-after'], called.finishedAtMs);
      return {
        ...rest,
        ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
        error: { code: error.code, message: messageWithinSize(strike.text(error.message)) },
        ...(result === undefined ? {} : { result: recordableResult(result, redaction) }),
      };
    }
    case 'aborted':
      return { ...called, kind: 'failed', ...(called.startedAtMs === undefined ? STOPPED_UNSENT : STOPPED_SENT) };
  }
};
