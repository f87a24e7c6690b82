import { createHmac } from 'node:crypto';
import { readSigningKey } from '../../domain/named-values/keys.ts';
import type { SensitiveNames } from '../../domain/redaction/mask.ts';
import { CALL_HEADER, isUnsentHeader } from '../../domain/targets/target-url.ts';
import type { HttpAuth } from '../../domain/tasks/http/stored.ts';
import type { JsonValue } from '../../domain/values.ts';
import type { Clock } from '../../runtime/runtime.ts';
import type { CallRequest, HttpMethod, Sign } from './port.ts';

/** Name and value by lower-case name; a later header replaces an earlier one of the same name. */
export type Headers = Map<string, readonly [name: string, value: string]>;

/** One request of a call: the first, or one that a redirect requires. */
export type Hop = {
  readonly url: URL;
  readonly method: HttpMethod;
  readonly headers: Headers;
  readonly body: string | undefined;
};

/** Headers that belong to the connection or repeat the URL: a task cannot set them. */
const MANAGED = new Set([
  'connection',
  'content-length',
  'expect',
  'host',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

const put = (headers: Headers, name: string, value: string): void => {
  const lower = name.toLowerCase();
  if (!MANAGED.has(lower)) headers.set(lower, [name, value]);
};

/** What is sent as `Authorization`; for an OAuth2 client that is the access token that it was given. */
export type SentAuth = Exclude<HttpAuth<string>, { authMethod: 'oauth2' }>;
/** A call, with what it sends as `Authorization`. */
export type SentRequest = Omit<CallRequest, 'auth'> & { readonly auth?: SentAuth | undefined };

const authorization = (auth: SentAuth): string => {
  switch (auth.authMethod) {
    case 'bearer':
      return `Bearer ${auth.token}`;
    case 'basic':
      return `Basic ${Buffer.from(`${auth.username}:${auth.password}`).toString('base64')}`;
  }
};

const encoded = (body: JsonValue): { body: string; type: string } =>
  typeof body === 'string'
    ? { body, type: 'text/plain; charset=utf-8' }
    : { body: JSON.stringify(body), type: 'application/json' };

/**
 * Makes the first request of a call. Headers of the task replace the service's own and those from its auth, but for those
 * that are the service's alone.
 */
export const firstHop = (request: SentRequest, userAgent: string): Hop => {
  const { url, method, headers: users = {}, ownHeaders = {}, auth } = request;
  const headers: Headers = new Map();
  put(headers, 'User-Agent', userAgent);
  put(headers, 'Accept', '*/*');
  put(headers, CALL_HEADER, '1');
  for (const name in ownHeaders) put(headers, name, ownHeaders[name] ?? '');
  if (auth !== undefined) put(headers, 'Authorization', authorization(auth));
  const sent = request.body === undefined || method === 'HEAD' ? undefined : encoded(request.body);
  if (sent !== undefined) put(headers, 'Content-Type', sent.type);
  for (const name in users) if (!isUnsentHeader(name)) put(headers, name, users[name] ?? '');
  return { url, method, headers, body: sent?.body };
};

/** Trace headers go to the job's own target only, not to where it redirects. */
const TRACE_CONTEXT: ReadonlySet<string> = new Set(['traceparent', 'tracestate']);

const REDIRECTS = new Set([301, 302, 303, 307, 308]);
export const isRedirect = (status: number): boolean => REDIRECTS.has(status);

const becomesGet = (status: number, method: HttpMethod): boolean =>
  status === 303 ? method !== 'GET' && method !== 'HEAD' : status < 303 && method === 'POST';

/**
 * Makes the request that a redirect requires, by the rules of the Fetch standard: a 303 makes it a GET, and so do 301
 * and 302 for a POST. Sensitive headers and the trace context do not follow to another origin.
 * @returns undefined if the location is no URL
 */
export const nextHop = (
  hop: Hop,
  response: { readonly status: number; readonly location: string },
  names: SensitiveNames,
): Hop | undefined => {
  const url = URL.parse(response.location, hop.url.href);
  if (url === null) return undefined;
  url.hash = '';
  const isGet = becomesGet(response.status, hop.method);
  const isOtherOrigin = url.origin !== hop.url.origin;
  const headers: Headers = new Map();
  for (const [lower, header] of hop.headers) {
    if (isGet && lower.startsWith('content-')) continue;
    if (isOtherOrigin && (names.header(lower) || TRACE_CONTEXT.has(lower))) continue;
    headers.set(lower, header);
  }
  return { url, method: isGet ? 'GET' : hop.method, headers, body: isGet ? undefined : hop.body };
};

const SIGNATURE_HEADERS = [
  'webhook-id',
  'webhook-timestamp',
  'webhook-signature',
  'carillon-completion-signature',
] as const;
const COMPLETION_URL = 'carillon-completion-url';

type SignerOptions = {
  /** As `readSigningKey` takes them; each makes a signature. */
  readonly keys: readonly string[];
  /** The same for all attempts of one execution. */
  readonly id: string;
  readonly clock: Pick<Clock, 'now'>;
};

/**
 * Signs requests as Standard Webhooks 1.0.0 says: HMAC-SHA256 over id, time in seconds and body, with dots between them.
 * A receiver accepts the request if it can verify one of the signatures. The completion URL has signatures of its own, over
 * URL, id and time, since results are reported to it.
 */
export const createSigner = ({ keys: texts, id, clock }: SignerOptions): Sign => {
  const keys = texts.map((text) => {
    const key = readSigningKey(text);
    if (key === undefined) throw new Error('the stored signing key is invalid');
    return key;
  });
  const signaturesOf = (text: string): string =>
    keys.map((key) => `v1,${createHmac('sha256', key).update(text).digest('base64')}`).join(' ');
  return (body, completionUrl) => {
    const timestamp = String(Math.floor(clock.now() / 1_000));
    return {
      'webhook-id': id,
      'webhook-timestamp': timestamp,
      'webhook-signature': signaturesOf(`${id}.${timestamp}.${body}`),
      ...(completionUrl !== undefined && {
        'Carillon-Completion-Signature': signaturesOf(`${completionUrl}.${id}.${timestamp}`),
      }),
    };
  };
};

/**
 * Signs a hop over the body that it sends, in place of headers of these names that it has. A hop to another origin than
 * the job's target is not signed.
 */
export const signedHop = (hop: Hop, { url, sign }: Pick<CallRequest, 'url' | 'sign'>): Hop => {
  if (sign === undefined) return hop;
  const headers = new Map(hop.headers);
  for (const name of SIGNATURE_HEADERS) headers.delete(name);
  if (hop.url.origin !== url.origin) return { ...hop, headers };
  const [, completionUrl] = headers.get(COMPLETION_URL) ?? [];
  const signatures = sign(hop.body ?? '', completionUrl);
  for (const [name, value] of Object.entries(signatures)) headers.set(name.toLowerCase(), [name, value]);
  return { ...hop, headers };
};
