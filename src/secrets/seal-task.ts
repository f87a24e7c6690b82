import type { Auth, TaskConfig } from '../domain/events/index.ts';
import type { SensitiveNames } from '../domain/redaction/index.ts';
import { refuseField } from '../domain/refusal.ts';
import { boundOrigin } from '../domain/targets/index.ts';
import { isSealed, type MaybeSealed, type Sealed } from '../domain/values.ts';
import type { ApplicationKeys, SecretUse } from './application-keys.ts';

/** A value as a caller gives it; `{sealed: true}` stands for the stored one. */
export type GivenValue = string | { readonly sealed: true };
export type GivenAuth =
  | { readonly authMethod: 'bearer'; readonly token: GivenValue }
  | { readonly authMethod: 'basic'; readonly username: string; readonly password: GivenValue };
/** A task as a caller gives it. */
export type GivenTask = Omit<TaskConfig, 'headers' | 'auth'> & {
  readonly headers?: Readonly<Record<string, GivenValue>> | undefined;
  readonly auth?: GivenAuth | undefined;
};

/** A value in its place, and what is stored in that place. */
type Place = { readonly pointer: string; readonly given: GivenValue; readonly stored: MaybeSealed | undefined };

/** Seals for where the task calls; knows whether what is stored was sealed for the same place. */
type Seal = {
  readonly keys: ApplicationKeys;
  readonly use: SecretUse & { readonly kind: 'task' };
  readonly previousOrigin: string | undefined;
};

type Sealing = {
  /** The stored task that this one replaces. */
  readonly previous?: TaskConfig | undefined;
  /** Whether the body is sealed too. */
  readonly confidential?: boolean | undefined;
  readonly keys: ApplicationKeys;
  readonly names: SensitiveNames;
};

/**
 * Seals what is secret in a task before anything of it is recorded: auth values, sensitive headers and a confidential
 * body. A value that equals the stored one keeps the stored seal, so that giving the same task again changes nothing;
 * where the task calls another origin than before, no stored seal is kept.
 * @throws Refusal SECRET_KEEP_REFUSED where `{sealed: true}` has no stored secret to stand for
 */
export const sealTask = (given: GivenTask, { previous, confidential = false, keys, names }: Sealing): TaskConfig => {
  const { headers, auth, body, ...open } = given;
  const seal: Seal = {
    keys,
    use: { kind: 'task', origin: boundOrigin(given) },
    previousOrigin: previous && boundOrigin(previous),
  };
  return {
    ...open,
    ...(body === undefined ? {} : { body: sealBody(body, { previous, confidential, seal }) }),
    ...(headers === undefined ? {} : { headers: sealHeaders(headers, { stored: previous?.headers, seal, names }) }),
    ...(auth === undefined ? {} : { auth: sealAuth(auth, previous?.auth, seal) }),
  };
};

/** The task as it is, where nothing of it is to be sealed; then no key is needed. */
export const withoutSecrets = (
  given: GivenTask,
  { confidential = false, names }: Pick<Sealing, 'confidential' | 'names'>,
): TaskConfig | undefined => {
  const { headers, auth, body, ...open } = given;
  if (auth !== undefined || (body !== undefined && (confidential || isKept(body)))) return undefined;
  const clear: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers ?? {})) {
    if (typeof value !== 'string' || names.header(name)) return undefined;
    clear[name] = value;
  }
  return { ...open, ...(body === undefined ? {} : { body }), ...(headers === undefined ? {} : { headers: clear }) };
};

const isKept = (body: unknown): boolean =>
  typeof body === 'object' &&
  body !== null &&
  'sealed' in body &&
  body.sealed === true &&
  Object.keys(body).length === 1;

const sealBody = (
  body: NonNullable<GivenTask['body']> | null,
  { previous, confidential, seal }: Pick<Sealing, 'previous' | 'confidential'> & { readonly seal: Seal },
): NonNullable<TaskConfig['body']> | null => {
  const pointer = '/taskConfig/body';
  const stored = isSealed(previous?.body) ? previous.body : undefined;
  if (!isKept(body)) return confidential ? sealValue({ pointer, given: JSON.stringify(body), stored }, seal) : body;
  if (confidential) return sealValue({ pointer, given: { sealed: true }, stored }, seal);
  throw refuseField(
    'SECRET_KEEP_REFUSED',
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
  }: { readonly stored: TaskConfig['headers']; readonly seal: Seal; readonly names: SensitiveNames },
): Record<string, MaybeSealed> => {
  const stored = new Map(Object.entries(previous ?? {}).map(([name, value]) => [name.toLowerCase(), value]));
  return Object.fromEntries(
    Object.entries(given).map(([name, value]) => {
      if (typeof value === 'string' && !names.header(name)) return [name, value];
      const pointer = `/taskConfig/headers/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`;
      return [name, sealValue({ pointer, given: value, stored: stored.get(name.toLowerCase()) }, seal)];
    }),
  );
};

const sealAuth = (given: GivenAuth, previous: Auth | undefined, seal: Seal): Auth => {
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
  }
};

const sealValue = ({ pointer, given, stored }: Place, { keys, use, previousOrigin }: Seal): Sealed => {
  const current = isSealed(stored) && stored.$sealed.generation === keys.generation ? stored : undefined;
  const readable = previousOrigin === use.origin ? current : undefined;
  if (typeof given === 'string') {
    return readable?.$sealed.fingerprint === keys.fingerprint(given, use) ? readable : keys.seal(given, use);
  }
  if (readable !== undefined) return readable;
  const why = whyNotKept(stored, current && previousOrigin);
  throw refuseField('SECRET_KEEP_REFUSED', pointer, `${why}: give the value itself`);
};

const whyNotKept = (stored: MaybeSealed | undefined, meantFor: string | undefined): string => {
  if (!isSealed(stored)) return 'no secret is stored here';
  return meantFor === undefined
    ? 'the secret stored here was erased'
    : `the secret stored here was given for ${meantFor} and goes nowhere else`;
};
