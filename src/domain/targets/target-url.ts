import { z } from 'zod';
import { boundedCache } from '../bounded-cache.ts';
import type { DomainErrorCode } from '../codes/problem-codes.ts';

type RejectedTarget = {
  readonly rule: string;
  readonly why: string;
  /** The entry of a setting that would allow the target; `undefined` if none can. */
  readonly setting?: { readonly name: 'ALLOWED_TARGETS' | 'TARGET_PORTS'; readonly entry: string };
  /** How an operator allows it, if the message should not suggest that; otherwise `setting` states how. */
  readonly remedy?: string;
};

/** Why a task can't call a target. `rule` names what forbids it; the message states how an operator can allow it. */
export class TargetRejected extends Error {
  override readonly name = 'TargetRejected';
  readonly code = 'TARGET_BLOCKED' satisfies DomainErrorCode;
  readonly rule: string;
  /** The line that would allow the target; `undefined` if no setting can. */
  readonly setting: string | undefined;
  constructor(rejected: RejectedTarget) {
    const setting = rejected.setting === undefined ? undefined : `${rejected.setting.name}=${rejected.setting.entry}`;
    const listed =
      rejected.setting?.name === 'ALLOWED_TARGETS'
        ? `, or an administrator runs \`carillon targets add ${rejected.setting.entry}\``
        : '';
    const allowedBy =
      setting === undefined
        ? 'no setting allows it'
        : `to allow it, an operator sets ${setting} (in addition to the entries there)${listed}`;
    super(`${rejected.why} (rule ${rejected.rule}); ${rejected.remedy ?? allowedBy}`);
    this.rule = rejected.rule;
    this.setting = setting;
  }
}

/** Rejects a metadata service, which has the machine's credentials. The message offers no line to paste. */
export const metadataRejected = (shown: string): TargetRejected =>
  new TargetRejected({
    rule: 'cloud-metadata',
    why: `${shown} is a cloud's metadata service`,
    remedy: 'docs/how-to/targets-and-quotas.md explains how an operator can allow it',
  });

/** A rejection that an entry of `ALLOWED_TARGETS` can remove. */
export const notAllowed = (rule: string, why: string, entry: string): TargetRejected =>
  new TargetRejected({ rule, why, setting: { name: 'ALLOWED_TARGETS', entry } });

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

/** The parts of a task that determine its target. */
export type TargetAddress = {
  readonly endpoint?: string | undefined;
  readonly path?: string | undefined;
  readonly url?: string | undefined;
};

/** The URL that a task calls: its `url`, or its `endpoint` and `path`. The fragment is cut, since it is never sent. */
export const targetUrl = (task: TargetAddress): URL | TargetRejected => {
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

/** URLs permit more characters in a host; target names do not use them. */
const HOST = /^[a-z0-9._-]+$|^\[[0-9a-f:.]+\]$/;

/** A queue of an application, by its id. */
const QUEUE = /^queue:[1-9]\d*\/[A-Za-z0-9][A-Za-z0-9._-]*$/;

const withoutFinalDot = (host: string): string => host.replace(/\.$/, '');

/**
 * Parses the name of a target: an origin, a host, a host with a port, or a queue.
 * @returns the form that `targetNames` writes; `undefined` if it is none of these
 */
export const parseTargetName = (text: string): string | undefined => {
  if (QUEUE.test(text)) return text;
  const isOrigin = /^https?:\/\//i.test(text);
  const url = URL.parse(isOrigin ? text : `http://${text}`);
  if (url === null || url.href !== `${url.origin}/` || !HOST.test(url.hostname)) return undefined;
  const host = withoutFinalDot(url.hostname);
  if (isOrigin) return `${url.protocol}//${host}${url.port && `:${url.port}`}`;
  // A URL omits its protocol's default port.
  const port = url.port || (URL.parse(`https://${text}`)?.port ?? '');
  return port === '' ? host : `${host}:${port}`;
};

const MAX_TARGET = 300;

/** A target's name in a request. */
export const TargetName = z
  .string()
  .max(MAX_TARGET)
  .transform((text, context) => {
    const name = parseTargetName(text);
    if (name !== undefined) return name;
    context.addIssue(
      'must be a host such as api.example.com, with or without its port, an origin such as https://api.example.com, or a queue such as queue:4/reports',
    );
    return z.NEVER;
  });

/** The names by which a pause or filter can refer to the target with this origin. */
export const targetNames = (origin: string): readonly string[] => {
  if (QUEUE.test(origin)) return [origin];
  const url = URL.parse(origin);
  if (url === null) return [];
  const host = withoutFinalDot(url.hostname);
  const port = url.port || (url.protocol === 'https:' ? '443' : '80');
  return [`${url.protocol}//${host}${url.port && `:${url.port}`}`, host, `${host}:${port}`];
};

/** Matches the origin at the beginning of a URL: `https://host:port`. */
const AUTHORITY = /^https?:\/\/[^/?#\\]*/i;

/** The origin that a task calls; undefined if it depends on a parameter. */
export const staticOrigin = ({ endpoint, url }: TargetAddress): string | undefined => {
  const [authority] = AUTHORITY.exec(url ?? endpoint ?? '') ?? [];
  return authority === undefined || authority.includes('${') ? undefined : originOf(authority);
};

/** Names for finding a task's target; none if it depends on a parameter. */
export const namesOfTarget = (task: TargetAddress): readonly string[] => {
  const origin = staticOrigin(task);
  return origin === undefined ? [] : targetNames(origin);
};

const MAX_ORIGINS = 1_000;
/** Runs for each call, and few targets get most of the calls. */
const originOf = boundedCache(MAX_ORIGINS, (authority: string) => URL.parse(authority)?.origin);

/**
 * The origin that can receive a task's own secrets: the one that the task calls. If the origin depends on a parameter, the
 * text of the target, so that any other text counts as another origin.
 */
export const boundOrigin = (target: TargetAddress): string =>
  staticOrigin(target) ?? target.url ?? target.endpoint ?? '';

/** The first of these origins that can't receive a secret; `undefined` if all can. */
export const rejectedOrigin = (
  allowed: readonly string[] | undefined,
  origins: readonly string[],
): string | undefined => origins.find((origin) => allowed?.includes(origin) === false);

export const originNotAllowedMessage = (
  name: string,
  { allowed, origin }: { readonly allowed: readonly string[]; readonly origin: string },
): string => `the secret ${name} can be sent only to ${allowed.join(', ')}, not to ${origin}`;

/**
 * Headers by which gateways and proxies route requests and identify senders, and by which targets recognize Carillon. A task
 * that sets them could bypass `INTERNAL_HOSTS` and certificate checks, or report as another execution. So `Host` is always
 * that of the URL, and a task's other headers of this kind are not sent.
 */
export const isHostHeader = (name: string): boolean => name.toLowerCase() === 'host';
export const isUnsentHeader = (name: string): boolean =>
  /^(?:(?:x-)?forwarded(?:-|$)|carillon-|webhook-(?:id|timestamp|signature)$|proxy-)/i.test(name);

/** Every request of a call has this header, so that Carillon knows its own calls. */
export const CALL_HEADER = 'Carillon-Call';
