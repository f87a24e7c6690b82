import type { ClearClient, ClearTask } from '../parameters/index.ts';
import type { JsonValue } from '../values.ts';
import type { SensitiveNames } from './mask.ts';

const ofHeader = (name: string, value: string): string[] => {
  const afterScheme = value.slice(value.indexOf(' ') + 1);
  if (name.toLowerCase() !== 'cookie') return [value, afterScheme];
  return [value, ...value.split(';').map((pair) => pair.slice(pair.indexOf('=') + 1).trim())];
};

/** A client's id and secret as they stand before base64 in the header `Authorization` (RFC 6749, 2.3.1). */
export const clientCredentials = ({ clientId, clientSecret }: ClearClient): string =>
  `${formEncoded(clientId)}:${formEncoded(clientSecret)}`;

const formEncoded = (text: string): string => new URLSearchParams([['', text]]).toString().slice(1);

const ofAuth = ({ auth }: ClearTask): string[] => {
  switch (auth?.authMethod) {
    case undefined:
      return [];
    case 'bearer':
      return [auth.token];
    case 'basic':
      return [auth.password, `${auth.username}:${auth.password}`];
    case 'oauth2':
      return [auth.clientSecret, `${auth.clientId}:${auth.clientSecret}`, clientCredentials(auth)];
  }
};

/** The secrets that a resolved task sends, in clear text: its auth, its sensitive headers, the secrets filled in. */
export const secretsOf = (
  task: ClearTask,
  { names, filledIn = [] }: { readonly names: SensitiveNames; readonly filledIn?: readonly string[] },
): string[] => {
  const headers = Object.entries(task.headers ?? {}).filter(([name]) => names.header(name));
  const all = [...filledIn, ...ofAuth(task), ...headers.flatMap(([name, value]) => ofHeader(name, value))];
  return [...new Set(all)].filter((secret) => secret !== '');
};

/** Shorter values of a query are too common to be masked wherever a target repeats them. */
const MIN_VALUE_LENGTH = 4;

/**
 * The values of the query parameters with a sensitive name, as written and decoded. They are masked in what is recorded of
 * a call, but are no secrets otherwise: a URL is stored in clear, and a redirect can repeat it.
 */
export const sensitiveParameters = ({ search }: URL, names: SensitiveNames): string[] => {
  if (search === '') return [];
  const values = search
    .slice(1)
    .split('&')
    .filter((pair) => pair.includes('='))
    .flatMap((pair) => {
      const written = pair.slice(pair.indexOf('=') + 1);
      return [...new URLSearchParams(pair)].flatMap(([name, value]) => (names.parameter(name) ? [written, value] : []));
    });
  return [...new Set(values)].filter(({ length }) => length >= MIN_VALUE_LENGTH);
};

/** All texts and numbers of a body, at any depth. */
export const textsOf = (value: JsonValue): string[] => {
  switch (typeof value) {
    case 'string':
      return [value];
    case 'number':
      return [String(value)];
    case 'boolean':
      return [];
    case 'object':
      return value === null ? [] : Object.values(value).flatMap(textsOf);
  }
};
