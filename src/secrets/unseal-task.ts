import { type RunTaskConfig, withQuery } from '../domain/execution/run-input.ts';
import type { ClearAuth, ClearTask } from '../domain/parameters/index.ts';
import { boundOrigin } from '../domain/targets/index.ts';
import type { HttpConfig } from '../domain/tasks/http/stored.ts';
import { isSealed, Json, type JsonValue, type MaybeSealed, type Sealed } from '../domain/values.ts';
import { type ApplicationKeys, clientUse, type SecretUse } from './application-keys.ts';

export type UnsealedTask = {
  readonly task: ClearTask;
  /** The clear text of the sealed headers and auth values, for redaction. */
  readonly secrets: readonly string[];
};

type SealedTask = { readonly taskConfig: RunTaskConfig; readonly confidential?: boolean | undefined };

/**
 * Opens the secrets of a task, so that it can be called.
 * @throws SecretErased, SecretKeyMissing, SecretBroken
 */
export const unsealTask = ({ taskConfig, confidential = false }: SealedTask, keys: ApplicationKeys): UnsealedTask => {
  const { headers, auth, body, sealedQuery, ...open } = taskConfig;
  const opened: string[] = [];
  const use: SecretUse = { kind: 'task', origin: boundOrigin(taskConfig) };
  const clearFor =
    (boundTo: SecretUse) =>
    (value: MaybeSealed): string => {
      if (!isSealed(value)) return value;
      const text = keys.unseal(value, boundTo);
      opened.push(text);
      return text;
    };
  const clear = clearFor(use);
  const authUse = auth?.authMethod === 'oauth2' ? clientUse(auth.tokenUrl, taskConfig) : use;
  const task: ClearTask = {
    ...open,
    ...(sealedQuery === undefined ? {} : withQuery(open, mapValues(sealedQuery, clear))),
    ...(body === undefined ? {} : { body: confidential ? openBody(body, (sealed) => keys.unseal(sealed, use)) : body }),
    ...(headers === undefined ? {} : { headers: mapValues(headers, clear) }),
    ...(auth === undefined ? {} : { auth: openAuth(auth, clearFor(authUse)) }),
  };
  return { task, secrets: opened };
};

/** Called only for a confidential job. Any other body is the user's own JSON, even if it looks like a sealed value. */
const openBody = (body: JsonValue, unseal: (sealed: Sealed) => string): JsonValue =>
  isSealed(body) ? Json.parse(JSON.parse(unseal(body))) : body;

const mapValues = <V, W>(record: Readonly<Record<string, V>>, change: (value: V) => W): Record<string, W> =>
  Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]));

const openAuth = (auth: NonNullable<HttpConfig['auth']>, clear: (value: MaybeSealed) => string): ClearAuth => {
  switch (auth.authMethod) {
    case 'bearer':
      return { authMethod: 'bearer', token: clear(auth.token) };
    case 'basic':
      return { authMethod: 'basic', username: auth.username, password: clear(auth.password) };
    case 'oauth2':
      return { ...auth, clientSecret: clear(auth.clientSecret) };
  }
};
