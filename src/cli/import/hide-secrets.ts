import { defined } from '../../domain/defined.ts';
import { createSensitiveNames } from '../../domain/redaction/index.ts';
import type { ImportedEntry, ImportedJob } from './imported.ts';

/** A secret extracted from the foreign file, and the place of its value there. */
export type ImportedSecret = { readonly name: string; readonly at: string; readonly what: string };

const names = createSensitiveNames();
type Fields = Readonly<Record<string, unknown>>;
/** Replaces a value by the name of a secret; equal values share a secret. */
type Hide = (value: string, what: string) => string;

/**
 * Replaces likely secrets by `${secret:NAME}`: passwords and tokens, and values of headers, query parameters and body fields
 * with typical names of secrets.
 */
export const hideSecrets = (
  entries: readonly ImportedEntry[],
): { readonly entries: ImportedEntry[]; readonly secrets: readonly ImportedSecret[] } => {
  const secrets: ImportedSecret[] = [];
  const byValue = new Map<string, string>();
  const hideIn =
    (at: string, job: ImportedJob): Hide =>
    (value, what) => {
      if (value === '') return value;
      const known = byValue.get(value);
      const name = known ?? freeName(`${String(job.name)}_${what}`, secrets);
      if (known === undefined) {
        byValue.set(value, name);
        secrets.push({ name, at, what });
      }
      return `\${secret:${name}}`;
    };
  const hidden = entries.map(({ job, ...entry }): ImportedEntry => {
    if (job === undefined) return entry;
    const taskConfig = taskWithout(Object(job.taskConfig), hideIn(entry.at, job));
    return { ...entry, job: { ...job, taskConfig } };
  });
  return { entries: hidden, secrets };
};

const MAX_NAME = 60;

const freeName = (wanted: string, taken: readonly ImportedSecret[]): string => {
  const base = wanted.replaceAll(/\W+/g, '_').toUpperCase().replace(/^\d/, '_$&').slice(0, MAX_NAME);
  let free = base;
  for (let number = 2; taken.some(({ name }) => name === free); number++) free = `${base}_${number}`;
  return free;
};

const taskWithout = ({ url, headers, auth: ownAuth, body, ...task }: Fields, hide: Hide): Fields => {
  const { url: plainUrl, auth: urlAuth } = splitUserInfo(String(url));
  const auth = ownAuth ?? urlAuth;
  return defined({
    url: queryWithout(plainUrl, hide),
    ...task,
    headers: headers === undefined ? undefined : headersWithout(Object(headers), hide),
    auth: auth === undefined ? undefined : authWithout(Object(auth), hide),
    body: body === undefined ? undefined : bodyWithout(body, hide),
  });
};

/** URLs can't contain credentials: `auth` does. */
const splitUserInfo = (url: string): { readonly url: string; readonly auth?: Fields } => {
  const [, scheme = '', username, password = '', rest = ''] =
    /^(\w+:\/\/)([^:@/?#]*):?([^@/?#]*)@(.*)$/s.exec(url) ?? [];
  if (username === undefined) return { url };
  return {
    url: scheme + rest,
    auth: { authMethod: 'basic', username: decoded(username), password: decoded(password) },
  };
};

const decoded = (text: string): string => {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
};

const authWithout = (auth: Fields, hide: Hide): Fields =>
  mapFields(auth, (name, value) => (name === 'password' || name === 'token' ? hide(value, name) : value));

const headersWithout = (headers: Fields, hide: Hide): Fields =>
  mapFields(headers, (name, value) => {
    if (!names.header(name)) return value;
    const [, scheme = '', rest = value] = /^((?:Basic|Bearer|Token) )(.+)$/is.exec(value) ?? [];
    return scheme + hide(rest, name);
  });

const queryWithout = (url: string, hide: Hide): string =>
  url.replaceAll(/([?&])([^=&#]+)=([^&#]+)/g, (pair: string, mark: string, name: string, value: string) =>
    names.parameter(decoded(name)) ? `${mark}${name}=${hide(decoded(value), name)}` : pair,
  );

const FORM = /^[^=&\s]+=[^&]*(?:&[^=&\s]+=[^&]*)*$/;

const bodyWithout = (body: unknown, hide: Hide): unknown => {
  if (typeof body !== 'string') return valueWithout(body, hide);
  return FORM.test(body) ? queryWithout(`?${body}`, hide).slice(1) : body;
};

const valueWithout = (value: unknown, hide: Hide): unknown => {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((item) => valueWithout(item, hide));
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [
      name,
      typeof item === 'string' && names.parameter(name) ? hide(item, name) : valueWithout(item, hide),
    ]),
  );
};

const mapFields = (fields: Fields, map: (name: string, value: string) => string): Fields =>
  Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, map(name, String(value))]));
