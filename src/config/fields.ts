import { z } from 'zod';
import { PERMISSIONS } from '../domain/permissions.ts';

/** A whole number within bounds, written in decimal digits. */
export const wholeNumber = (min: number, max: number) => {
  const expected = `must be a whole number from ${min} to ${max}`;
  return z
    .string()
    .regex(/^\d{1,15}$/, expected)
    .transform(Number)
    .refine((value) => value >= min && value <= max, expected);
};

/** A decimal number from 0 to 1. */
export const share = () => {
  const expected = 'must be a number from 0 to 1, such as 0.01';
  return z
    .string()
    .regex(/^\d(?:\.\d{1,12})?$/, expected)
    .transform(Number)
    .refine((value) => value <= 1, expected);
};

/** `true` or `1`, `false` or `0`. */
export const onOff = () =>
  z.enum(['true', 'false', '1', '0'], 'must be true or false').transform((text) => text === 'true' || text === '1');

/** A list of at least one entry, separated by commas or white space. */
export const list = () =>
  z
    .string()
    .transform((text) => text.split(/[\s,]+/).filter((entry) => entry !== ''))
    .refine((entries) => entries.length > 0, 'must have at least one entry; separate entries with commas');

/** Adds what a parser throws as the problem of a value, which stays as it was read. */
export const parsedBy =
  <Value>(parse: (value: Value) => unknown) =>
  (value: Value, context: z.RefinementCtx): void => {
    try {
      parse(value);
    } catch (error) {
      context.addIssue(error instanceof Error ? error.message : String(error));
    }
  };

/** A URL with one of the schemes. The text stays as it was written. */
export const urlWith = (...schemes: readonly string[]) =>
  z
    .string()
    .refine(
      (text) => schemes.some((scheme) => text.startsWith(`${scheme}://`)) && URL.canParse(text),
      `must be a URL that begins with ${schemes.map((scheme) => `${scheme}://`).join(' or ')}`,
    );

/**
 * A URL with one of the schemes, which may name several hosts with commas between them. `URL.canParse` accepts one host
 * only, so the URL is checked once for each host. The text stays as it was written.
 */
export const urlOfHosts = (...schemes: readonly string[]) =>
  z
    .string()
    .refine(
      (text) =>
        schemes.some((scheme) => text.startsWith(`${scheme}://`)) &&
        eachHostAlone(text).every((url) => URL.canParse(url)),
      `must be a URL that begins with ${schemes.map((scheme) => `${scheme}://`).join(' or ')}, with one host, or several separated by commas`,
    );

/** The URL once per host; empty if a host is missing. */
const eachHostAlone = (text: string): string[] => {
  const [, before = '', hosts = '', after = ''] = /^([^/]*:\/\/(?:[^@/?#]*@)?)([^/?#]*)(.*)$/s.exec(text) ?? [];
  return hosts.split(',').map((host) => (host === '' ? '' : `${before}${host}${after}`));
};

/** Returns whether the user name and password of a URL can be decoded. */
export const hasReadableCredentials = (text: string): boolean => {
  try {
    const { username, password } = new URL(text);
    decodeURIComponent(`${username}${password}`);
    return true;
  } catch {
    return false;
  }
};

/** Returns whether a text is host:port, with an IPv6 address in brackets. */
export const isHostAndPort = (text: string): boolean =>
  /^(?:[^\s:/@[\]]+|\[[^\]]+\]):\d{1,5}$/.test(text) && URL.canParse(`http://${text}`);

export const isLoopback = (host: string): boolean => /^(?:localhost|127(?:\.\d+){3}|\[?::1\]?)$/.test(host);

/**
 * Returns whether no intermediary can change the response: the URL is https or on this machine. False for an invalid URL.
 */
export const isTlsOrLoopback = (text: string): boolean => {
  const { protocol, hostname } = URL.parse(text) ?? { protocol: '', hostname: '' };
  return protocol === 'https:' || isLoopback(hostname);
};

/** http or https, scheme and host only: `https://jobs.example.com`. */
export const origin = () =>
  urlWith('http', 'https')
    .transform((text) => new URL(text))
    .refine(({ pathname, search, hash }) => pathname === '/' && search === '' && hash === '', 'must not have a path')
    .refine(({ username, password }) => username === '' && password === '', 'must not contain credentials')
    .transform((url) => url.origin);

const UNIT_MS = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
const isUnit = (text: string): text is keyof typeof UNIT_MS => Object.hasOwn(UNIT_MS, text);
const DURATION = /^(\d{1,9})([smhd])$/;

/** `45s`, `30m`, `12h` or `90d`, as milliseconds within bounds. */
export const durationMs = (min: string, max: string) => {
  const expected = `must be a duration from ${min} to ${max}, such as 45s, 30m, 12h or 90d`;
  return z
    .string()
    .regex(DURATION, expected)
    .transform(toMs)
    .refine((ms) => ms >= toMs(min) && ms <= toMs(max), expected);
};

const MIN_RETENTION = '32d';
/**
 * How long executions are kept. Deadlines, lateness and retries can take 30 days, and a rate can cover 31: data they need is
 * younger.
 */
export const executionRetention = () =>
  z
    .string()
    .regex(DURATION, 'must be a duration, such as 90d')
    .transform(toMs)
    .refine(
      (ms) => ms >= toMs(MIN_RETENTION),
      `must be at least ${MIN_RETENTION}: deadlines, lateness and retries can take 30d, and rates cover 31d`,
    )
    .refine((ms) => ms <= toMs('3650d'), 'must be at most 3650d; without it, executions are kept forever');

const toMs = (text: string): number => {
  const [, amount, unit] = DURATION.exec(text) ?? [];
  return unit !== undefined && isUnit(unit) ? Number(amount) * UNIT_MS[unit] : Number.NaN;
};

const PAIR = /^([^=]+)=(.*)$/s;
const NAME = /^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/;

/** Comma-separated name=value pairs. Special characters in a value are percent-encoded. */
export const keyValues = () =>
  z.string().transform((text, context): Record<string, string> => {
    const pairs = text.split(',').flatMap((part) => (part.trim() === '' ? [] : [pairOf(part.trim())]));
    const read = pairs.filter((pair) => pair !== undefined);
    if (read.length === pairs.length) return Object.fromEntries(read);
    context.addIssue('must be percent-encoded name=value pairs, separated by commas');
    return z.NEVER;
  });

const pairOf = (text: string): readonly [string, string] | undefined => {
  const [, name = '', value = ''] = PAIR.exec(text)?.map((part) => part.trim()) ?? [];
  try {
    const clear = decodeURIComponent(value);
    return NAME.test(name) && !/\p{Cc}/u.test(clear) ? [name, clear] : undefined;
  } catch {
    return undefined;
  }
};

const ROLE_PERMISSIONS_EXAMPLE = '{"operator":["scheduler:jobs:read"]}';

const isPermission = (text: string): boolean => PERMISSIONS.some((permission) => permission === text);
const unknownPermission = ({ input }: { readonly input?: unknown }): string =>
  `has the unknown permission ${JSON.stringify(input)}: the permissions are ${PERMISSIONS.join(', ')}`;

/** A JSON object from each role to its list of permissions. */
export const rolePermissions = () => {
  const expected = `must map each role to a list of permissions, such as ${ROLE_PERMISSIONS_EXAMPLE}`;
  return z
    .string()
    .transform((text, context): unknown => {
      try {
        return JSON.parse(text);
      } catch {
        context.addIssue(`must be JSON, such as ${ROLE_PERMISSIONS_EXAMPLE}`);
        return z.NEVER;
      }
    })
    .pipe(
      z.record(
        z.string(),
        z.array(z.string(expected).refine(isPermission, { error: unknownPermission }), expected),
        expected,
      ),
    );
};

const AUDIT_KEY_BYTES = 32;
const AUDIT_KEY_NAME = /^[^+\s]+\+[0-9a-f]{8}\+/;
const bytesOf = (base64: string): number => {
  const bytes = Buffer.from(base64, 'base64');
  return bytes.toString('base64') === base64 ? bytes.length : 0;
};

/** Returns whether a text is an Ed25519 private key as configured: the base64 of its 32 bytes. */
export const isAuditKey = (text: string): boolean => bytesOf(text) === AUDIT_KEY_BYTES;

/** Returns whether a text is a public key: only its bytes, or name, id, and its bytes after a type byte. */
export const isAuditPublicKey = (text: string): boolean =>
  isAuditKey(text) || (AUDIT_KEY_NAME.test(text) && bytesOf(text.replace(AUDIT_KEY_NAME, '')) === AUDIT_KEY_BYTES + 1);
