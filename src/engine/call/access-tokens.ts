import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { z } from 'zod';
import type { OutcomeError } from '../../domain/execution/outcome.ts';
import { TargetRejected, targetUrl } from '../../domain/targets/target-url.ts';
import { type ClearClient, clientCredentials } from '../../domain/tasks/http/kind.ts';
import type { Runtime } from '../../runtime/runtime.ts';
import { AccessTokenFailed, failureOf } from './errors.ts';
import type { CallRequest } from './port.ts';
import type { TargetResponse } from './send-hop.ts';
import { Stop } from './stop.ts';

type UsedToken = {
  readonly token: string;
  /** Whether it was requested before this call came. */
  readonly isCached: boolean;
};

/** The access tokens of OAuth2 clients, kept only in memory, until shortly before they expire. */
type AccessTokens = {
  /**
   * Gives the client's token, or requests one. Calls that need it in the meantime wait for the same request.
   * @throws AccessTokenFailed
   */
  tokenFor(client: ClearClient, request: TokenOptions): Promise<UsedToken>;
  /** Forgets a token that a target did not take. */
  drop(client: ClearClient, tenant: string, token: string): void;
  /** Aborts the requests in progress. */
  close(): void;
};

type Options = {
  readonly world: Pick<Runtime, 'clock' | 'timers'>;
  /** Sends a request to where the target policy allows it. */
  readonly send: (request: CallRequest, stop: Stop) => Promise<TargetResponse | OutcomeError>;
};

const KEPT_TOKENS = 2_000;
/** A token is not used in the last tenth of its life, a minute at the most: it has to be good when it arrives. */
const LAST_PART = 0.1;
const MAX_MARGIN_MS = 60_000;

type TokenOptions = Pick<CallRequest, 'tenant' | 'tlsFor'>;
type KeptToken = { readonly token: string; readonly untilMs: number };

export const createAccessTokens = ({ world, send }: Options): AccessTokens => {
  const kept = new LRUCache<string, KeptToken>({ max: KEPT_TOKENS });
  const requested = new Map<string, Promise<AccessToken>>();
  const closing = new AbortController();

  const requestToken = async (client: ClearClient, { tenant, tlsFor }: TokenOptions): Promise<AccessToken> => {
    const request = { ...tokenRequest(client, tenant), tlsFor };
    const stop = new Stop(world.timers, closing.signal);
    stop.startDeadline(request.timeoutMs);
    const failed = (error: unknown): never => {
      const cause = stop.reason() === 'deadline' ? NOT_IN_TIME : error;
      throw tokenFailure(request.url, cause);
    };
    try {
      return readTokenResponse(await send(request, stop).catch(failed), request.url);
    } finally {
      stop.release();
    }
  };

  const keep = (key: string, { token, lifetimeMs }: AccessToken): void => {
    const marginMs = Math.min(MAX_MARGIN_MS, lifetimeMs * LAST_PART);
    kept.set(key, { token, untilMs: world.clock.monotonic() + lifetimeMs - marginMs });
  };

  return {
    async tokenFor(client, request) {
      const key = keyOf(client, request.tenant);
      const found = kept.get(key);
      if (found !== undefined && world.clock.monotonic() < found.untilMs) return { token: found.token, isCached: true };
      const requestInProgress = requested.get(key);
      if (requestInProgress !== undefined) return { token: (await requestInProgress).token, isCached: false };
      const requesting = requestToken(client, request).finally(() => requested.delete(key));
      requested.set(key, requesting);
      const granted = await requesting;
      keep(key, granted);
      return { token: granted.token, isCached: false };
    },
    drop(client, tenant, token) {
      const key = keyOf(client, tenant);
      if (kept.get(key)?.token === token) kept.delete(key);
    },
    close: () => closing.abort(),
  };
};

/** Clients of one tenant that are alike in everything share a token. */
const keyOf = (client: ClearClient, tenant: string): string => {
  const { tokenUrl, clientId, clientSecret, scope, audience, clientAuth } = client;
  const parts = [tenant, tokenUrl, clientId, clientSecret, scope ?? null, audience ?? null, clientAuth ?? null];
  return createHash('sha256').update(JSON.stringify(parts)).digest('base64');
};

/** Limit for one request to a token endpoint. A call that waits for it gives up earlier if its own timeout is shorter. */
const TOKEN_REQUEST_MS = 30_000;

/**
 * Makes the request for an access token by client credentials (RFC 6749, 4.4). Every redirect of it to another origin is
 * rejected, since it holds the client's secret.
 * @throws AccessTokenFailed if the URL is none
 */
const tokenRequest = (client: ClearClient, tenant: string): CallRequest => {
  const url = targetUrl({ url: client.tokenUrl });
  if (url instanceof TargetRejected) throw blocked(url);
  const { clientId, clientSecret, scope, audience, clientAuth = 'basic' } = client;
  const form = new URLSearchParams({
    grant_type: 'client_credentials',
    ...(scope === undefined ? {} : { scope }),
    ...(audience === undefined ? {} : { audience }),
    ...(clientAuth === 'body' ? { client_id: clientId, client_secret: clientSecret } : {}),
  });
  return {
    tenant,
    url,
    method: 'POST',
    headers: {
      Accept: 'application/json',
      'Content-Type': 'application/x-www-form-urlencoded',
      ...(clientAuth === 'basic'
        ? { Authorization: `Basic ${Buffer.from(clientCredentials(client)).toString('base64')}` }
        : {}),
    },
    body: form.toString(),
    timeoutMs: TOKEN_REQUEST_MS,
    holdsSecret: () => true,
  };
};

type AccessToken = { readonly token: string; readonly lifetimeMs: number };

/** How long a token lives whose response does not state it. */
const DEFAULT_LIFETIME_S = 300;
const MAX_LIFETIME_S = 86_400;

const Granted = z.object({
  access_token: z
    .string()
    .max(16_000)
    .regex(/^[\x21-\x7e]+$/),
  token_type: z
    .string()
    .regex(/^bearer$/i)
    .optional(),
  expires_in: z.coerce.number().min(0).default(DEFAULT_LIFETIME_S),
});
const Denied = z.object({ error: z.string(), error_description: z.string().optional() });

const MAX_WORDS = 200;

/**
 * Reads the response of a token endpoint.
 * @throws AccessTokenFailed
 */
const readTokenResponse = (response: TargetResponse | OutcomeError, url: URL): AccessToken => {
  if ('code' in response)
    throw rejected(url, `returned no access token: ${response.message.replace('the target', 'it')}`);
  const { status, body } = response;
  const given = jsonOf(body.bytes);
  if (status >= 200 && status < 300) {
    const granted = Granted.safeParse(given);
    if (!granted.success) throw rejected(url, 'did not respond with a bearer token in JSON (RFC 6749, 5.1)');
    const { access_token: token, expires_in: lifetimeS } = granted.data;
    return { token, lifetimeMs: Math.min(lifetimeS, MAX_LIFETIME_S) * 1_000 };
  }
  const denied = Denied.safeParse(given).data;
  const words = [denied?.error, denied?.error_description].filter((each) => each !== undefined).join(': ');
  const said = `responded with status ${status}${words === '' ? '' : `, ${words.slice(0, MAX_WORDS)}`}`;
  if (status >= 500 || PASSING.has(status))
    throw new AccessTokenFailed('ACCESS_TOKEN_UNAVAILABLE', `${at(url)} ${said}`);
  throw rejected(url, `${said}. Check clientId, clientSecret, scope and audience.`);
};

/** Statuses that may be another ones the next time. */
const PASSING: ReadonlySet<number> = new Set([408, 425, 429]);

const NOT_IN_TIME: OutcomeError = {
  code: 'ETIMEDOUT',
  message: `it did not respond within ${TOKEN_REQUEST_MS / 1_000} s`,
};

/** What kept a request for a token from getting a response. */
const tokenFailure = (url: URL, error: unknown): AccessTokenFailed => {
  if (error === NOT_IN_TIME) return unavailable(url, NOT_IN_TIME);
  return error instanceof TargetRejected ? blocked(error) : unavailable(url, failureOf(error));
};

const at = ({ origin, pathname }: URL): string => `the token endpoint ${origin}${pathname}`;

const rejected = (url: URL, why: string): AccessTokenFailed =>
  new AccessTokenFailed('ACCESS_TOKEN_REJECTED', `${at(url)} ${why}`);

const unavailable = (url: URL, { code, message }: OutcomeError): AccessTokenFailed => {
  const why = message.replace('the target', 'it');
  return new AccessTokenFailed('ACCESS_TOKEN_UNAVAILABLE', `${at(url)} returned no access token: ${why} (${code})`);
};

const blocked = ({ code, message }: TargetRejected): AccessTokenFailed =>
  new AccessTokenFailed(code, `the token URL is not an allowed target: ${message}`);

const jsonOf = (bytes: Buffer): unknown => {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    return undefined;
  }
};
