import { defined } from '../../domain/defined.ts';
import { DomainError, pointerOf, rejectField, withPointers } from '../../domain/domain-error.ts';
import { durationMs } from '../../domain/duration.ts';
import type { Hook, JobDefinition } from '../../domain/events/index.ts';
import type { HookName } from '../../domain/execution/hook.ts';
import { type KnownNames, secretsIn, staticText } from '../../domain/parameters/index.ts';
import type { SensitiveNames } from '../../domain/redaction/mask.ts';
import { checkTarget, type Resolve, type ResolveFor } from '../../domain/targets/judge-url.ts';
import type { TargetPolicy } from '../../domain/targets/policy.ts';
import {
  isHostHeader,
  isUnsentHeader,
  originNotAllowedMessage,
  rejectedOrigin,
  type TargetAddress,
  TargetRejected,
  targetUrl,
} from '../../domain/targets/target-url.ts';
import type { TaskInput } from '../../domain/tasks/given.ts';
import type { HttpInput } from '../../domain/tasks/http/kind.ts';
import { HTTP_TASK } from '../../domain/tasks/http/stored.ts';
import { type ClearTask, isWorkerTask, kindOf, type Task, type TaskOf } from '../../domain/tasks/kinds.ts';
import type { TaskConfig, TaskType } from '../../domain/tasks/stored.ts';
import { checkTemplates, destinationsOfSecret, type GivenTask, secretsNamedIn } from '../../domain/tasks/walk.ts';
import type { JsonValue, MaybeSealed, Sealed } from '../../domain/values.ts';

type SealOptions = {
  /** The stored task that this one replaces. */
  readonly previous?: TaskOf | undefined;
  /** Whether the body is sealed too. */
  readonly confidential: boolean;
};

type TaskOwner = { readonly tenant: string; readonly known: KnownNames };

/** Seals with one application's data key. */
export type SealTask = (task: TaskOf<TaskInput>, options: SealOptions) => TaskConfig;

export type JudgedTarget = {
  readonly allowed: boolean;
  /** Why the target is rejected, or a warning if it is allowed. */
  readonly reason?: string;
};

/** Checks a task before it is recorded or previewed; implemented in `check-task.ts`. */
export type TaskChecks = {
  /**
   * Checks the target and every parameter.
   * @param owner owner of the task, and the names in its application
   * @returns warnings about an accepted task
   * @throws DomainError TARGET_BLOCKED, BAD_PARAMETER, HEADER_REJECTED, SECRET_ORIGIN_NOT_ALLOWED
   */
  check(task: TaskOf<TaskInput>, owner: TaskOwner): Promise<readonly string[]>;
  /** The same checks for a hook's call, whose headers must not contain secrets in clear. */
  checkHook(name: HookName, hook: Hook, owner: TaskOwner): Promise<readonly string[]>;
  /** @throws DomainError BAD_PARAMETER */
  checkParameters(task: TaskOf<TaskInput>, known: KnownNames): void;
  /** Checks the target of a task with its parameters filled in. */
  judge(task: ClearTask, tenant: string): Promise<JudgedTarget>;
};

/** Seals a task before it is recorded; implemented in `src/secrets/task-secrets.ts`. */
type TaskSealing = {
  /** Seals the secrets of a task for recording. */
  seal<Type extends TaskType>(
    task: TaskOf<GivenTask<Type>, Type>,
    options: SealOptions & { readonly tenant: string; readonly applicationId: number },
  ): Promise<Task<MaybeSealed, Sealed | JsonValue, Type>>;
  /** Seals a run's query parameters with names of secrets. */
  sealQuery(query: Readonly<Record<string, string>>, job: JobDefinition): Promise<Record<string, MaybeSealed>>;
  /** Returns the sealing function of an application; creates its data key if there is none. */
  sealOf(tenant: string, applicationId: number): Promise<SealTask>;
};

export type TaskPorts = TaskChecks & TaskSealing;

/** Creates the checks of a task before it is recorded or previewed. */
export const createTaskChecks = ({
  policy,
  resolveFor,
  names,
  maxTimeoutMs,
}: {
  readonly policy: TargetPolicy;
  readonly resolveFor: ResolveFor;
  readonly names: SensitiveNames;
  /** Maximum timeout of a job. */
  readonly maxTimeoutMs: number;
}): TaskChecks => {
  const check: TaskChecks['check'] = async (task, owner) => {
    const { taskConfig } = task;
    if (!isWorkerTask(taskConfig)) return checkHttp({ taskType: HTTP_TASK, taskConfig }, owner);
    checkParameters(task, owner.known);
    return checkSecrets(task, owner.known);
  };
  const checkHttp = async (
    task: TaskOf<HttpInput>,
    { tenant, known }: Parameters<TaskChecks['check']>[1],
  ): Promise<readonly string[]> => {
    const { taskConfig } = task;
    checkTimeout(taskConfig, maxTimeoutMs);
    checkParameters(task, known);
    const staticTarget = staticTargetOf(taskConfig);
    const staticTokenUrl = staticTokenUrlOf(taskConfig);
    const judge = (target: TargetAddress | undefined, pointer: string) =>
      target === undefined ? [] : judgeTarget(target, { policy, resolve: resolveFor(tenant), pointer });
    return [
      ...checkHeaders(taskConfig.headers ?? {}),
      ...checkSecrets(task, known),
      ...(await judge(staticTarget, '/taskConfig')),
      ...(await judge(staticTokenUrl === undefined ? undefined : { url: staticTokenUrl }, TOKEN_URL)),
      ...warnOfClearText(staticTokenUrl),
    ];
  };
  return {
    check,
    checkHook: async (name, { url, headers = {} }, owner) => {
      rejectClearSecrets(name, headers, names);
      const task = { taskType: HTTP_TASK, taskConfig: { url, method: 'POST' as const, headers } };
      return withPointers(check(task, owner), { from: '/taskConfig', to: `/${name}` });
    },
    checkParameters,
    judge: async (target, tenant) => {
      if (isWorkerTask(target)) return { allowed: true };
      const url = targetUrl(target);
      if (url instanceof TargetRejected) return { allowed: false, reason: url.message };
      const checked = await checkTarget(url, policy, resolveFor(tenant));
      if (!checked.ok) return { allowed: false, reason: checked.rejection.message };
      return { allowed: true, ...defined({ reason: checked.warning }) };
    },
  };
};

/** @throws DomainError BAD_INPUT, because a hook's headers are not sealed */
const rejectClearSecrets = (hook: HookName, headers: NonNullable<Hook['headers']>, names: SensitiveNames): void => {
  for (const [name, value] of Object.entries(headers)) {
    if (!names.header(name) || secretsIn(value).length > 0) continue;
    const message = 'must contain a secret of the application, such as "Bearer ${secret:TOKEN}"';
    throw rejectField('BAD_INPUT', pointerOf([hook, 'headers', name]), message);
  }
};

/** @throws DomainError TIMEOUT_TOO_LONG */
const checkTimeout = ({ timeout = 0 }: HttpInput, maxTimeoutMs: number): void => {
  if (durationMs(timeout) <= maxTimeoutMs) return;
  const why = `must be at most ${maxTimeoutMs} ms: ask the operator to raise MAX_TIMEOUT if you need longer`;
  throw rejectField('TIMEOUT_TOO_LONG', '/taskConfig/timeout', why);
};

/** @throws DomainError BAD_PARAMETER naming each field with an invalid parameter */
const checkParameters = (task: TaskOf<TaskInput>, known: KnownNames): void => {
  const rejections = checkTemplates(task, known);
  if (rejections.length === 0) return;
  throw new DomainError(
    'BAD_PARAMETER',
    rejections.map(({ rejection }) => rejection.message).join('; '),
    rejections.map(({ pointer, rejection }) => ({ pointer: `/taskConfig${pointer}`, message: rejection.message })),
  );
};

/**
 * Checks the headers of a task.
 * @returns a warning for each header that is not sent
 * @throws DomainError HEADER_REJECTED
 */
const checkHeaders = (headers: NonNullable<HttpInput['headers']>): string[] => {
  const names = Object.keys(headers);
  const host = names.find(isHostHeader);
  if (host !== undefined) {
    const why = 'Host follows from the URL: omit it, and give the host in the URL';
    throw rejectField('HEADER_REJECTED', pointerOf(['taskConfig', 'headers', host]), why);
  }
  return names
    .filter(isUnsentHeader)
    .map((name) => `the header ${name} cannot be set: only Carillon or a proxy sets it`);
};

/**
 * Checks that the task can send its secrets to its target.
 * @returns a warning for each secret without `allowedOrigins`
 * @throws DomainError SECRET_ORIGIN_NOT_ALLOWED if a secret's `allowedOrigins` lack the target's origin
 */
const checkSecrets = (task: TaskOf<TaskInput>, { secrets }: KnownNames): string[] =>
  [...secretsNamedIn(task)].flatMap(([name, usedBy]) => {
    const allowed = secrets.get(name);
    if (allowed === undefined) {
      return [`the secret ${name} has no allowedOrigins, so jobs can send it to every allowed target`];
    }
    const origins = destinationsOfSecret(usedBy, task)
      .map((url) => kindOf(task).originOf(url))
      .filter((each) => each !== undefined);
    const origin = rejectedOrigin(allowed, origins);
    if (origin === undefined) return [];
    throw rejectField('SECRET_ORIGIN_NOT_ALLOWED', '/taskConfig', originNotAllowedMessage(name, { allowed, origin }));
  });

/** The parts of the target, with `$${` unescaped to `${`; `undefined` if it is known only at the call. */
const staticTargetOf = (task: HttpInput): TargetAddress | undefined => {
  const given = (['endpoint', 'path', 'url'] as const).flatMap((part) => {
    const text = task[part];
    return text === undefined ? [] : [[part, staticText(text)] as const];
  });
  return given.every(([, text]) => text !== undefined) ? Object.fromEntries(given) : undefined;
};

const staticTokenUrlOf = ({ auth }: HttpInput): string | undefined =>
  auth?.authMethod === 'oauth2' ? staticText(auth.tokenUrl) : undefined;

const TOKEN_URL = '/taskConfig/auth/tokenUrl';

/** @returns a warning if a client secret would be sent unencrypted */
const warnOfClearText = (tokenUrl: string | undefined): string[] =>
  tokenUrl?.startsWith('http:') ? ['tokenUrl uses http, so the client secret is sent unencrypted: use https'] : [];

/**
 * Checks the target of a job, a token URL or a webhook.
 * @returns warnings
 * @throws DomainError TARGET_BLOCKED at this pointer
 */
export const judgeTarget = async (
  target: TargetAddress,
  { policy, resolve, pointer }: { readonly policy: TargetPolicy; readonly resolve: Resolve; readonly pointer: string },
): Promise<readonly string[]> => {
  const url = targetUrl(target);
  if (url instanceof TargetRejected) throw rejected(url, pointer);
  const checked = await checkTarget(url, policy, resolve);
  if (!checked.ok) throw rejected(checked.rejection, pointer);
  return checked.warning === undefined ? [] : [checked.warning];
};

const rejected = ({ code, message }: TargetRejected, pointer: string): DomainError =>
  new DomainError(code, message, [{ pointer, message }]);
