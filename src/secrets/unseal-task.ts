import type { Auth, TaskConfig } from '../domain/events/index.ts';
import type { ClearAuth, ClearTask } from '../domain/parameters/task.ts';
import { isSealed, type MaybeSealed } from '../domain/values.ts';
import type { ApplicationKeys } from './application-keys.ts';
import { credentialsIn } from './credentials-in.ts';

export type UnsealedTask = {
  readonly task: ClearTask;
  /** Every clear value that a target might echo, to be struck out of whatever is recorded. */
  readonly secrets: readonly string[];
};

/**
 * Opens a task for its call.
 * @throws SecretErased, SecretKeyMissing, SecretBroken
 */
export const unsealTask = ({ headers, auth, body, ...open }: TaskConfig, keys: ApplicationKeys): UnsealedTask => {
  const clear = (value: MaybeSealed): string => (isSealed(value) ? keys.unseal(value) : value);
  const clearHeaders = Object.entries(headers ?? {}).map(([name, value]) => ({
    name,
    value: clear(value),
    secret: isSealed(value),
  }));
  const clearAuth = auth && openAuth(auth, clear);
  return {
    task: {
      ...open,
      ...(body === undefined ? {} : { body }),
      ...(headers === undefined
        ? {}
        : { headers: Object.fromEntries(clearHeaders.map(({ name, value }) => [name, value])) }),
      ...(clearAuth === undefined ? {} : { auth: clearAuth }),
    },
    secrets: [
      ...clearHeaders.filter(({ secret }) => secret).flatMap(({ name, value }) => credentialsIn(name, value)),
      ...(clearAuth === undefined ? [] : secretsOf(clearAuth)),
    ],
  };
};

const openAuth = (auth: Auth, clear: (value: MaybeSealed) => string): ClearAuth => {
  switch (auth.authMethod) {
    case 'bearer':
      return { authMethod: 'bearer', token: clear(auth.token) };
    case 'basic':
      return { authMethod: 'basic', username: auth.username, password: clear(auth.password) };
  }
};

/** A basic password goes over the wire joined to its user, where its own base64 can't be found again. */
const secretsOf = (auth: ClearAuth): string[] => {
  switch (auth.authMethod) {
    case 'bearer':
      return [auth.token];
    case 'basic':
      return [auth.password, `${auth.username}:${auth.password}`];
  }
};
