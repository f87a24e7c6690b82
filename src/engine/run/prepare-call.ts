import { createHash } from 'node:crypto';
import { durationMs } from '../../domain/duration.ts';
import type { JobSnapshot, Secret, TlsSettings } from '../../domain/events/index.ts';
import type { OutcomeError } from '../../domain/execution/outcome.ts';
import type { SensitiveNames } from '../../domain/redaction/mask.ts';
import { redact } from '../../domain/redaction/redact.ts';
import { originNotAllowedMessage, rejectedOrigin, TargetRejected, targetUrl } from '../../domain/targets/target-url.ts';
import type { ClearHttpTask } from '../../domain/tasks/http/kind.ts';
import { jobSnapshot, secretPlaces, sensitiveParameters } from '../../domain/tasks/http/recordable.ts';
import type { ClearTask, TaskOf } from '../../domain/tasks/kinds.ts';
import type { HttpRun, WorkerRun } from '../../domain/tasks/run-input.ts';
import type { TaskType } from '../../domain/tasks/stored.ts';
import { destinationsOfSecret, resolveTask, secretsNamedIn, secretsOf } from '../../domain/tasks/walk.ts';
import type { ClearWorkerTask } from '../../domain/tasks/worker/kind.ts';
import { type Instant, type JsonValue, type Sealed, toMs } from '../../domain/values.ts';
import { createSigner } from '../call/hop.ts';
import type { CallRequest, ClientTls, TargetRequest } from '../call/port.ts';
import type { ApplicationValues } from '../jobs/application-values.ts';
import type { SendTaskDeps } from './send-task.ts';

/** What a call is made by of a job's definition. */
export type CalledDefinition = Pick<
  HttpRun,
  'tenant' | 'applicationId' | 'name' | 'pattern' | 'schedule' | 'timezone' | 'taskType' | 'confidential' | 'taskConfig'
>;

/** One call of a task's target, which takes nothing but its definition. */
export type PreparableCall = {
  readonly definition: CalledDefinition;
  /** Sent as it is, in place of the body of the task: it has no parameters. */
  readonly body?: JsonValue;
  /** Instant for resolving parameters. */
  readonly at: Instant;
  /** Named in signatures, and the same wherever the call is repeated. */
  readonly callId: string;
  /** The headers that the service sends. */
  readonly ownHeaders: Readonly<Record<string, string>>;
  /** With which the target says how it ended: a 202 is no end then. */
  readonly completionToken?: string | undefined;
  /** The secrets of the application that sign its calls. */
  readonly signingKeys: readonly Secret[];
  /** How calls of the application are made to some origins. */
  readonly tls: readonly TlsSettings[];
  /** Called right before the request is sent to this origin; false withholds it. */
  readonly mayStillCall: (origin: string) => boolean;
  /** What the service's log says of the call where the scheduler itself fails. */
  readonly about: Readonly<Record<string, unknown>>;
};

/** One call of a task's target. */
export type TaskCall = PreparableCall & {
  /** The variables and secrets of the job's application, as the log has them now. */
  readonly values: () => Promise<ApplicationValues>;
  readonly signal: AbortSignal;
};

/** Why a call can't be prepared from its definition alone: what else it takes. */
export type NotPlain = 'keys' | 'secret' | 'parameter' | 'address';

type OpenedTask<Clear> = { readonly task: Clear; readonly secrets: readonly string[] };

/** Decrypts and encrypts for one job. @throws errors with a code SECRET_… if a sealed text can't be opened */
export type Opener = {
  task(job: CalledDefinition): OpenedTask<ClearHttpTask>;
  work(job: WorkerRun): OpenedTask<ClearWorkerTask>;
  secret(name: string, sealed: Sealed): string;
  /** The private key in TLS settings of this name. */
  tlsKey(name: string, sealed: Sealed): string;
  /** Seals the result of a confidential job. */
  seal(clear: string): Sealed;
  /** Seals work for a queue, by the name of its target. */
  sealWork(clear: string, target: string): Sealed;
};

/** A call that is ready to be sent, and the secrets to be masked in what comes of it. */
export type PreparedCall = {
  readonly request: TargetRequest;
  /** Whether all of this follows from the definition alone, and none of it is secret. */
  readonly isPlain: boolean;
  /** The opened task, before its parameters were filled in. */
  readonly template: ClearHttpTask;
  /** The task with its parameters filled in. */
  readonly task: ClearHttpTask;
  /** All but the completion token, which is each call's own. */
  readonly secrets: readonly string[];
  readonly names: SensitiveNames;
  /** The values of query parameters with a sensitive name: masked too, but no secrets of the redirects of a call. */
  readonly maskedParameters: readonly string[];
  /** Seals the result; undefined unless the job is confidential. */
  readonly seal: Opener['seal'] | undefined;
  /** What the log records of the call; made when it is first needed. */
  readonly snapshot: () => JobSnapshot;
};

/**
 * Fills in the parameters of an opened task.
 * @returns also the secrets that it names
 * @throws ParameterRejected, and errors with a code SECRET_…
 */
export const fillIn = <Type extends TaskType>(
  template: TaskOf<ClearTask<Type>, Type>,
  {
    at,
    timezone,
    values,
    opener,
  }: {
    readonly at: Instant;
    readonly timezone: string;
    readonly values: ApplicationValues;
    readonly opener: Opener;
  },
) => {
  const named: Secret[] = [];
  const get = (name: string): string | undefined => {
    const secret = values.secrets.get(name);
    if (secret !== undefined) named.push(secret);
    return secret && opener.secret(name, secret.value);
  };
  const { variables } = values;
  return { ...resolveTask(template, { atMs: toMs(at), timezone, variables, secrets: { get } }), named };
};
const DEFAULT_TIMEOUT_MS = 30_000;

/**
 * Fills in the parameters of an opened task, and checks where its secrets may go.
 * @returns why it is not called, where it may not be
 * @throws ParameterRejected, and errors with a code SECRET_…
 */
export const prepareCall = (
  { world, names, maxTimeoutMs }: SendTaskDeps,
  call: PreparableCall,
  {
    opener,
    keys,
    opened,
    values,
  }: {
    readonly opener: Opener;
    readonly keys: readonly string[];
    readonly opened: OpenedTask<ClearHttpTask>;
    readonly values: ApplicationValues;
  },
): PreparedCall | OutcomeError => {
  const { definition, tls } = call;
  const { taskType } = definition;
  const template = { taskType, taskConfig: opened.task };
  const { task, resolvedParameters, secretsUsed, named } = fillIn(template, {
    at: call.at,
    timezone: definition.timezone,
    values,
    opener,
  });
  const secrets = secretsOf(
    { taskType, taskConfig: task },
    { names, filledIn: [...opened.secrets, ...secretsUsed, ...keys] },
  );
  const strike = redact(secrets);
  const url = targetUrl(task);
  if (url instanceof TargetRejected) return { code: url.code, message: strike.text(url.message) };
  const { origin } = url;
  const leaving = leavingSecret(named, { task: { taskType, taskConfig: task }, template });
  if (leaving !== undefined) return { code: 'SECRET_ORIGIN_NOT_ALLOWED', message: leaving };
  const tlsFor = tls.length === 0 ? undefined : clientTlsOf(tls, opener.tlsKey);
  // Opened here, where a key that cannot be is told by its own code.
  tlsFor?.(origin);
  const isConstant = resolvedParameters.length === 0 && opened.secrets.length === 0 && !definition.confidential;
  const isPlain = canBePlain(call) && isConstant && task.auth === undefined && secrets.length === 0;
  const request = {
    tenant: definition.tenant,
    method: task.method,
    url,
    headers: task.headers,
    auth: task.auth,
    body: call.body ?? task.body,
    timeoutMs: Math.min(durationMs(task.timeout ?? DEFAULT_TIMEOUT_MS), maxTimeoutMs),
    successStatus: task.successStatus,
    tlsFor,
    sign: keys.length > 0 ? createSigner({ keys, id: call.callId, clock: world.clock }) : undefined,
  };
  let made: JobSnapshot | undefined;
  const snapshot = (): JobSnapshot => {
    made ??= jobSnapshot({ job: definition, task, url, resolvedParameters, strike, names });
    return made;
  };
  const seal = definition.confidential ? opener.seal : undefined;
  const maskedParameters = sensitiveParameters(url, names);
  return { request, isPlain, template: opened.task, task, secrets, names, maskedParameters, seal, snapshot };
};

/** Whether nothing but the definition goes into what is prepared for a call. */
export const canBePlain = ({ signingKeys, tls, body }: PreparableCall): boolean =>
  signingKeys.length === 0 && tls.length === 0 && body === undefined;

/** The secrets of a call, with those that are its own: its completion token, and access tokens that it was given. */
export const secretsOfCall = (
  { completionToken }: PreparableCall,
  { secrets }: PreparedCall,
  accessTokens: readonly string[] = [],
): readonly string[] => [...secrets, ...(completionToken === undefined ? [] : [completionToken]), ...accessTokens];

/** Gives what a request to an origin is made with; undefined where nothing is set for it. */
const clientTlsOf = (
  settings: readonly TlsSettings[],
  open: (name: string, key: Sealed) => string,
): ((origin: string) => ClientTls | undefined) => {
  const opened = new Map<string, ClientTls>();
  return (origin) => {
    const found = settings.find(({ origins }) => origins.includes(origin));
    if (found === undefined) return undefined;
    const { name, ca, certificate, key } = found;
    const known = opened.get(name);
    if (known !== undefined) return known;
    const tls = {
      id: createHash('sha256')
        .update(JSON.stringify([ca, certificate, key]))
        .digest('base64'),
      ...(ca === undefined ? {} : { ca }),
      ...(certificate === undefined || key === undefined ? {} : { cert: certificate, key: open(name, key) }),
    };
    opened.set(name, tls);
    return tls;
  };
};

/**
 * Finds out whether a redirected request of a call holds a secret, by the places that secrets were filled into and by
 * their values.
 * @returns undefined where there is no secret
 */
export const secretSearch = (call: PreparableCall, prepared: PreparedCall): CallRequest['holdsSecret'] => {
  if (prepared.isPlain && call.completionToken === undefined) return undefined;
  return ({ url, headers, body }) => {
    const places = secretPlaces(prepared.template);
    const strike = redact(secretsOfCall(call, prepared));
    const has = (text: string): boolean => strike.text(text) !== text;
    if (body !== undefined && (call.definition.confidential === true || places.isInBody || has(body))) return true;
    if (has(url.href)) return true;
    return [...headers].some(([name, [, value]]) => places.headers.has(name) || has(value));
  };
};

/**
 * Why a named secret must not be sent; undefined if all may be.
 * @param task with its parameters filled in; `template` is the same before
 */
const leavingSecret = (
  named: readonly Secret[],
  { task, template }: { readonly task: TaskOf<object>; readonly template: TaskOf<object> },
): string | undefined => {
  if (named.length === 0) return undefined;
  const usedBy = secretsNamedIn(template);
  for (const { name, allowedOrigins } of named) {
    const origins = destinationsOfSecret(usedBy.get(name) ?? [], task)
      .map((url) => URL.parse(url)?.origin)
      .filter((each) => each !== undefined);
    const origin = rejectedOrigin(allowedOrigins, origins);
    if (allowedOrigins !== undefined && origin !== undefined)
      return originNotAllowedMessage(name, { allowed: allowedOrigins, origin });
  }
  return undefined;
};
