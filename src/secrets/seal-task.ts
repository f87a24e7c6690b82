import { pointerToken, rejectField } from '../domain/domain-error.ts';
import type { JobDefinition } from '../domain/events/index.ts';
import { withStoredBody } from '../domain/omitted.ts';
import type { SensitiveNames } from '../domain/redaction/index.ts';
import { boundOrigin } from '../domain/targets/index.ts';
import type { HttpConfig, OAuth2Fields } from '../domain/tasks/http/stored.ts';
import type { TaskConfig } from '../domain/tasks/stored.ts';
import { type ApplicationId, isSealed, type MaybeSealed, type Sealed, type Tenant } from '../domain/values.ts';
import { type ApplicationKeys, clientUse, type SecretUse } from './application-keys.ts';
import type { Sealer } from './sealer.ts';

/** A value in a request; `{sealed: true}` means: keep the stored value. */
export type GivenValue = string | { readonly sealed: true };
export type GivenAuth =
  | { readonly authMethod: 'bearer'; readonly token: GivenValue }
  | { readonly authMethod: 'basic'; readonly username: string; readonly password: GivenValue }
  | (OAuth2Fields & { readonly clientSecret: GivenValue });
/** A task in a request, before its secrets are sealed. */
export type GivenTask = Omit<TaskConfig, 'headers' | 'auth'> & {
  readonly headers?: Readonly<Record<string, GivenValue>> | undefined;
  readonly auth?: GivenAuth | undefined;
};

/** A field of the task that holds a secret: where it is, the given value and the stored value. */
type SecretField = { readonly pointer: string; readonly given: GivenValue; readonly stored: MaybeSealed | undefined };

/** The keys, the target that secrets are sealed for, and the target that the stored secrets were sealed for. */
type SealContext = {
  readonly keys: ApplicationKeys;
  readonly use: SecretUse & { readonly kind: 'task' };
  readonly previousOrigin: string | undefined;
};

type SealOptions = {
  /** The stored task that the given one replaces. */
  readonly previous?: TaskConfig | undefined;
  /** If true, the body is sealed too. */
  readonly confidential?: boolean | undefined;
  readonly keys: ApplicationKeys;
  readonly names: SensitiveNames;
};

/**
 * Seals the secrets of a task before it is recorded: auth values, sensitive headers and a confidential body. A value
 * equal to the stored one keeps its stored ciphertext, so that sending the same task again changes nothing. If the task
 * calls another origin than before, no stored secret is kept.
 * @throws Rejection SECRET_KEEP_REJECTED if `{sealed: true}` is given and there is no stored secret to keep
 */
export const sealTask = (
  given: GivenTask,
  { previous, confidential = false, keys, names }: SealOptions,
): TaskConfig => {
  const { headers, auth, body, ...open } = given;
  const seal: SealContext = {
    keys,
    use: { kind: 'task', origin: boundOrigin(given) },
    previousOrigin: previous && boundOrigin(previous),
  };
  return {
    ...open,
    ...(body === undefined ? {} : { body: sealBody(body, { previous, confidential, seal }) }),
    ...(headers === undefined ? {} : { headers: sealHeaders(headers, { stored: previous?.headers, seal, names }) }),
    ...(auth === undefined ? {} : { auth: sealAuth(auth, previous?.auth, sealOfAuth(given, previous, seal)) }),
  };
};

/** Returns the task unchanged if it holds no secret, so that no key is needed; otherwise undefined. */
export const withoutSecrets = (
  given: GivenTask,
  { confidential = false, names }: Pick<SealOptions, 'confidential' | 'names'>,
): TaskConfig | undefined => {
  const { headers, auth, body, ...open } = given;
  if (auth !== undefined || (body !== undefined && (confidential || isKeepMarker(body)))) return undefined;
  const clear: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers ?? {})) {
    if (typeof value !== 'string' || names.header(name)) return undefined;
    clear[name] = value;
  }
  return { ...open, ...(body === undefined ? {} : { body }), ...(headers === undefined ? {} : { headers: clear }) };
};

const isKeepMarker = (body: unknown): boolean =>
  typeof body === 'object' &&
  body !== null &&
  'sealed' in body &&
  body.sealed === true &&
  Object.keys(body).length === 1;

const sealBody = (
  body: NonNullable<GivenTask['body']> | null,
  { previous, confidential, seal }: Pick<SealOptions, 'previous' | 'confidential'> & { readonly seal: SealContext },
): NonNullable<TaskConfig['body']> | null => {
  const pointer = '/taskConfig/body';
  const stored = isSealed(previous?.body) ? previous.body : undefined;
  if (!isKeepMarker(body))
    return confidential ? sealValue({ pointer, given: JSON.stringify(body), stored }, seal) : body;
  if (confidential) return sealValue({ pointer, given: { sealed: true }, stored }, seal);
  throw rejectField(
    'SECRET_KEEP_REJECTED',
    pointer,
    'only a confidential job keeps a sealed body: give the body itself',
  );
};

const sealHeaders = (
  given: Readonly<Record<string, GivenValue>>,
  {
    stored: previous,
    seal,
    names,
  }: { readonly stored: TaskConfig['headers']; readonly seal: SealContext; readonly names: SensitiveNames },
): Record<string, MaybeSealed> => {
  const stored = new Map(Object.entries(previous ?? {}).map(([name, value]) => [name.toLowerCase(), value]));
  return Object.fromEntries(
    Object.entries(given).map(([name, value]) => {
      if (typeof value === 'string' && !names.header(name)) return [name, value];
      const pointer = `/taskConfig/headers/${pointerToken(name)}`;
      return [name, sealValue({ pointer, given: value, stored: stored.get(name.toLowerCase()) }, seal)];
    }),
  );
};

const sealAuth = (
  given: GivenAuth,
  previous: NonNullable<HttpConfig['auth']> | undefined,
  seal: SealContext,
): NonNullable<HttpConfig['auth']> => {
  switch (given.authMethod) {
    case 'bearer': {
      const stored = previous?.authMethod === 'bearer' ? previous.token : undefined;
      return { ...given, token: sealValue({ pointer: '/taskConfig/auth/token', given: given.token, stored }, seal) };
    }
    case 'basic': {
      const stored = previous?.authMethod === 'basic' ? previous.password : undefined;
      const place = { pointer: '/taskConfig/auth/password', given: given.password, stored };
      return { ...given, password: sealValue(place, seal) };
    }
    case 'oauth2': {
      const stored = previous?.authMethod === 'oauth2' ? previous.clientSecret : undefined;
      const place = { pointer: '/taskConfig/auth/clientSecret', given: given.clientSecret, stored };
      return { ...given, clientSecret: sealValue(place, seal) };
    }
  }
};

/** NonNullable<HttpConfig['auth']> is bound to what the task calls; the secret of an OAuth2 client to its token URL, too. */
const sealOfAuth = (given: GivenTask, previous: TaskConfig | undefined, seal: SealContext): SealContext => {
  if (given.auth?.authMethod !== 'oauth2') return seal;
  const before = previous?.auth?.authMethod === 'oauth2' ? previous.auth : undefined;
  return {
    ...seal,
    use: clientUse(given.auth.tokenUrl, given),
    previousOrigin: before && previous && clientUse(before.tokenUrl, previous).origin,
  };
};

const sealValue = ({ pointer, given, stored }: SecretField, { keys, use, previousOrigin }: SealContext): Sealed => {
  const current = isSealed(stored) && stored.$sealed.generation === keys.generation ? stored : undefined;
  const readable = previousOrigin === use.origin ? current : undefined;
  if (typeof given === 'string') {
    return readable?.$sealed.fingerprint === keys.fingerprint(given, use) ? readable : keys.seal(given, use);
  }
  if (readable !== undefined) return readable;
  const why = keepRejection(stored, current && previousOrigin);
  throw rejectField('SECRET_KEEP_REJECTED', pointer, `${why}: give the value itself`);
};

const keepRejection = (stored: MaybeSealed | undefined, sealedFor: string | undefined): string => {
  if (!isSealed(stored)) return 'no secret is stored here';
  return sealedFor === undefined
    ? 'the secret stored here was erased'
    : `the secret stored here was given for ${sealedFor} and goes nowhere else`;
};

type GivenOptions = Omit<SealOptions, 'keys' | 'names'>;
type SealingDeps = { readonly sealer: Pick<Sealer, 'freshKeysOf'>; readonly names: SensitiveNames };

/** Makes what seals tasks for commands: with the keys of an application, which are made where a secret first needs them. */
export const createTaskSealing = ({ sealer, names }: SealingDeps) => {
  const openOr = <T>(given: GivenTask, options: GivenOptions, seal: (task: GivenTask) => T): TaskConfig | T => {
    const task = withStoredBody(given, options.previous);
    return withoutSecrets(task, { ...options, names }) ?? seal(task);
  };
  return {
    seal: async (
      given: GivenTask,
      {
        tenant,
        applicationId,
        ...options
      }: GivenOptions & { readonly tenant: Tenant; readonly applicationId: ApplicationId },
    ): Promise<TaskConfig> =>
      openOr(given, options, async (task) =>
        sealTask(task, { ...options, names, keys: await sealer.freshKeysOf(tenant, applicationId) }),
      ),
    /** Seals the values of a run's query parameters that have a sensitive name, for the target of the job. */
    sealQuery: async (
      query: Readonly<Record<string, string>>,
      { tenant, applicationId, taskConfig }: Pick<JobDefinition, 'tenant' | 'applicationId' | 'taskConfig'>,
    ): Promise<Record<string, MaybeSealed>> => {
      if (!Object.keys(query).some(names.parameter)) return query;
      const keys = await sealer.freshKeysOf(tenant, applicationId);
      const use: SecretUse = { kind: 'task', origin: boundOrigin(taskConfig) };
      return Object.fromEntries(
        Object.entries(query).map(([name, value]) => [name, names.parameter(name) ? keys.seal(value, use) : value]),
      );
    },
    /** Returns what seals several tasks of an application. Keys that cannot be had are no fault of a task without secrets. */
    sealOf: async (tenant: Tenant, applicationId: ApplicationId) => {
      const keys = await orError(sealer.freshKeysOf(tenant, applicationId));
      return (given: GivenTask, options: GivenOptions): TaskConfig =>
        openOr(given, options, (task) => {
          if (keys instanceof Error) throw keys;
          return sealTask(task, { ...options, names, keys });
        });
    },
  };
};

/** Returns an error as a value, so that it is thrown only where a secret must be sealed. */
const orError = async <T>(value: Promise<T>): Promise<T | Error> => {
  try {
    return await value;
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
};
