import type { Auth, TaskConfig } from '../domain/events/index.ts';
import type { SensitiveNames } from '../domain/redaction/index.ts';
import { refuseField } from '../domain/refusal.ts';
import { isSealed, type MaybeSealed, type Sealed } from '../domain/values.ts';
import type { ApplicationKeys } from './application-keys.ts';

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
 * body. A value that equals the stored one keeps the stored seal, so that giving the same task again changes nothing.
 * @throws Refusal SECRET_KEEP_REFUSED where `{sealed: true}` has no stored secret to stand for
 */
export const sealTask = (given: GivenTask, { previous, confidential = false, keys, names }: Sealing): TaskConfig => {
  const { headers, auth, body, ...open } = given;
  return {
    ...open,
    ...(body === undefined ? {} : { body: sealBody(body, { previous, confidential, keys, names }) }),
    ...(headers === undefined ? {} : { headers: sealHeaders(headers, { stored: previous?.headers, keys, names }) }),
    ...(auth === undefined ? {} : { auth: sealAuth(auth, previous?.auth, keys) }),
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
  { previous, confidential, keys }: Sealing,
): NonNullable<TaskConfig['body']> | null => {
  const pointer = '/taskConfig/body';
  const stored = isSealed(previous?.body) ? previous.body : undefined;
  if (!isKept(body)) return confidential ? sealValue({ pointer, given: JSON.stringify(body), stored }, keys) : body;
  if (confidential) return sealValue({ pointer, given: { sealed: true }, stored }, keys);
  throw refuseField(
    'SECRET_KEEP_REFUSED',
    pointer,
    'only a confidential job keeps a sealed body: give the body itself',
  );
};

const sealHeaders = (
  given: Readonly<Record<string, GivenValue>>,
  { stored: previous, keys, names }: { readonly stored: TaskConfig['headers'] } & Pick<Sealing, 'keys' | 'names'>,
): Record<string, MaybeSealed> => {
  const stored = new Map(Object.entries(previous ?? {}).map(([name, value]) => [name.toLowerCase(), value]));
  return Object.fromEntries(
    Object.entries(given).map(([name, value]) => {
      if (typeof value === 'string' && !names.header(name)) return [name, value];
      const pointer = `/taskConfig/headers/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`;
      return [name, sealValue({ pointer, given: value, stored: stored.get(name.toLowerCase()) }, keys)];
    }),
  );
};

const sealAuth = (given: GivenAuth, previous: Auth | undefined, keys: ApplicationKeys): Auth => {
  switch (given.authMethod) {
    case 'bearer': {
      const stored = previous?.authMethod === 'bearer' ? previous.token : undefined;
      return { ...given, token: sealValue({ pointer: '/taskConfig/auth/token', given: given.token, stored }, keys) };
    }
    case 'basic': {
      const stored = previous?.authMethod === 'basic' ? previous.password : undefined;
      const place = { pointer: '/taskConfig/auth/password', given: given.password, stored };
      return { ...given, password: sealValue(place, keys) };
    }
  }
};

const sealValue = ({ pointer, given, stored }: Place, keys: ApplicationKeys): Sealed => {
  const readable = isSealed(stored) && stored.$sealed.generation === keys.generation ? stored : undefined;
  if (typeof given === 'string') {
    return readable?.$sealed.fingerprint === keys.fingerprint(given) ? readable : keys.seal(given);
  }
  if (readable !== undefined) return readable;
  const why = isSealed(stored) ? 'the secret stored here was erased' : 'no secret is stored here';
  throw refuseField('SECRET_KEEP_REFUSED', pointer, `${why}: give the value itself`);
};
