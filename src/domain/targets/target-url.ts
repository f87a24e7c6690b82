import { z } from 'zod';
import { boundedCache } from '../bounded-cache.ts';
import { TargetRejected } from './rejected.ts';

const invalid = (why: string): TargetRejected => new TargetRejected({ rule: 'invalid-url', why });

const parseHttp = (text: string, field: string): URL | TargetRejected => {
  const url = URL.parse(text);
  if (url === null) return invalid(`${field} is not an absolute URL`);
  if (url.protocol === 'http:' || url.protocol === 'https:') return url;
  return new TargetRejected({
    rule: 'not-http',
    why: `${field} must begin with http: or https:, not with ${url.protocol}`,
  });
};

/**
 * Appends a path to the path of an endpoint. No path can change the origin (`@host/`, `//host`, `/\host` or
 * `http://host` cannot), since it comes after the slash that ends the origin. The queries of both are kept.
 */
const join = (endpoint: URL, path: string): URL | TargetRejected => {
  const [beforeFragment = ''] = path.split('#', 1);
  const mark = beforeFragment.indexOf('?');
  const pathname = mark === -1 ? beforeFragment : beforeFragment.slice(0, mark);
  const query = mark === -1 ? '' : beforeFragment.slice(mark + 1);
  const base = endpoint.pathname.endsWith('/') && pathname !== '' ? endpoint.pathname.slice(0, -1) : endpoint.pathname;
  const slash = pathname === '' || pathname.startsWith('/') ? '' : '/';
  const search = [endpoint.search.slice(1), query].filter((part) => part !== '').join('&');
  const joined = URL.parse(`${endpoint.origin}${base}${slash}${pathname}`);
  if (joined === null) return invalid('endpoint and path do not form a URL');
  joined.search = search;
  return joined.origin === endpoint.origin ? joined : invalid('the path would change the origin of the endpoint');
};

/** The URL that a task calls: its `url`, or its `endpoint` and `path`. The fragment is cut, since it is never sent. */
export const targetUrl = (task: {
  readonly endpoint?: string | undefined;
  readonly path?: string | undefined;
  readonly url?: string | undefined;
}): URL | TargetRejected => {
  const given = task.url ?? task.endpoint;
  if (given === undefined) return invalid('url or endpoint is required');
  const parsed = parseHttp(given, task.url === undefined ? 'endpoint' : 'url');
  if (parsed instanceof TargetRejected) return parsed;
  if (parsed.username !== '' || parsed.password !== '') {
    const why = 'the URL contains a user name or password: use auth instead';
    return new TargetRejected({ rule: 'userinfo', why });
  }
  parsed.hash = '';
  return task.url === undefined && task.path !== undefined ? join(parsed, task.path) : parsed;
};

/** A URL admits more in a host; no target has that in its name. */
const HOST = /^[a-z0-9._-]+$|^\[[0-9a-f:.]+\]$/;

const withoutFinalDot = (host: string): string => host.replace(/\.$/, '');

/**
 * Reads the name of a target, as a pause gives it: an origin, a host, or a host with a port.
 * @returns it as `targetNames` writes it; undefined if it is none of these
 */
export const parseTargetName = (text: string): string | undefined => {
  const isOrigin = /^https?:\/\//i.test(text);
  const url = URL.parse(isOrigin ? text : `http://${text}`);
  if (url === null || url.href !== `${url.origin}/` || !HOST.test(url.hostname)) return undefined;
  const host = withoutFinalDot(url.hostname);
  if (isOrigin) return `${url.protocol}//${host}${url.port && `:${url.port}`}`;
  // A URL leaves out the port that is its protocol's own.
  const port = url.port || (URL.parse(`https://${text}`)?.port ?? '');
  return port === '' ? host : `${host}:${port}`;
};

const MAX_TARGET = 300;

/** How somebody names a target. */
export const TargetName = z
  .string()
  .max(MAX_TARGET)
  .transform((text, context) => {
    const name = parseTargetName(text);
    if (name !== undefined) return name;
    context.addIssue(
      'must be a host such as api.example.com, with or without its port, or an origin such as https://api.example.com',
    );
    return z.NEVER;
  });

/** The names that a pause or a filter may give the target with this origin. */
export const targetNames = (origin: string): readonly string[] => {
  const url = URL.parse(origin);
  if (url === null) return [];
  const host = withoutFinalDot(url.hostname);
  const port = url.port || (url.protocol === 'https:' ? '443' : '80');
  return [`${url.protocol}//${host}${url.port && `:${url.port}`}`, host, `${host}:${port}`];
};

/** Matches the origin at the beginning of a URL: `https://host:port`. */
const AUTHORITY = /^https?:\/\/[^/?#\\]*/i;

type Target = { readonly endpoint?: string | undefined; readonly url?: string | undefined };

/** The origin that a task calls; undefined if it depends on a parameter. */
export const staticOrigin = ({ endpoint, url }: Target): string | undefined => {
  const [authority] = AUTHORITY.exec(url ?? endpoint ?? '') ?? [];
  return authority === undefined || authority.includes('${') ? undefined : originOf(authority);
};

/** The names by which a task's target is found; none if it depends on a parameter. */
export const namesOfTarget = (task: Target): readonly string[] => {
  const origin = staticOrigin(task);
  return origin === undefined ? [] : targetNames(origin);
};

const MAX_ORIGINS = 1_000;
/** Each call asks for the origin of its target, and few targets get most of the calls. */
const originOf = boundedCache(MAX_ORIGINS, (authority: string) => URL.parse(authority)?.origin);

/**
 * The origin that a task's own secrets may be sent to: the one that the task calls. If that depends on a parameter, it
 * is the text of the target instead, so that a target with any other text counts as another origin.
 */
export const boundOrigin = (target: Target): string => staticOrigin(target) ?? target.url ?? target.endpoint ?? '';

/** The first of these origins that a secret may not be sent to; undefined if it may be sent to all. */
export const rejectedOrigin = (
  allowed: readonly string[] | undefined,
  origins: readonly string[],
): string | undefined => origins.find((origin) => allowed?.includes(origin) === false);

/** The message of a rejection to send a secret to an origin. */
export const originNotAllowedMessage = (
  name: string,
  { allowed, origin }: { readonly allowed: readonly string[]; readonly origin: string },
): string => `the secret ${name} can be sent only to ${allowed.join(', ')}, not to ${origin}`;

/**
 * Headers by which gateways and proxies decide where a request goes and who sent it, and by which targets know Carillon. A
 * task that could set them could get past `INTERNAL_HOSTS` and the check of certificates, or report as another execution.
 * So `Host` is always that of the URL, and of a task the others are not sent.
 */
export const isHostHeader = (name: string): boolean => name.toLowerCase() === 'host';
export const isUnsentHeader = (name: string): boolean =>
  /^(?:(?:x-)?forwarded(?:-|$)|carillon-|webhook-(?:id|timestamp|signature)$|proxy-)/i.test(name);

/** Every request of a call has this header, so that Carillon knows its own calls. */
export const CALL_HEADER = 'Carillon-Call';
