import { createHash } from 'node:crypto';
import type { OutcomeError } from '../../domain/execution/outcome.ts';
import type { ClearClient } from '../../domain/parameters/index.ts';
import type { World } from '../../runtime/world.ts';
import type { CallRequest } from './port.ts';
import type { TargetAnswer } from './send-hop.ts';
import { createStop, type Stop } from './stop.ts';
import { type AccessToken, NOT_IN_TIME, readTokenAnswer, tokenFailure, tokenRequest } from './token-request.ts';

export type UsedToken = {
  readonly token: string;
  /** Whether it was asked for before this call came. */
  readonly isCached: boolean;
};

/** The access tokens of OAuth2 clients, kept in memory alone until shortly before they expire. */
export type AccessTokens = {
  /**
   * Gives the client's token, or asks for one. Calls that come meanwhile wait for the same request.
   * @throws AccessTokenFailed
   */
  tokenFor(client: ClearClient, request: AskOptions): Promise<UsedToken>;
  /** Forgets a token that a target did not take. */
  drop(client: ClearClient, tenant: string, token: string): void;
  /** Aborts the requests under way. */
  close(): void;
};

type Options = {
  readonly world: Pick<World, 'clock' | 'timers'>;
  /** Sends a request to where the target policy allows it. */
  readonly send: (request: CallRequest, stop: Stop) => Promise<TargetAnswer | OutcomeError>;
};

const KEPT_TOKENS = 2_000;
/** A token is not used in the last tenth of its life, a minute at the most: it has to be good when it arrives. */
const LAST_PART = 0.1;
const MOST_MARGIN_MS = 60_000;

type AskOptions = Pick<CallRequest, 'tenant' | 'tlsFor'>;
type KeptToken = { readonly token: string; readonly untilMs: number };

export const createAccessTokens = ({ world, send }: Options): AccessTokens => {
  const kept = new Map<string, KeptToken>();
  const asked = new Map<string, Promise<AccessToken>>();
  const closing = new AbortController();

  const ask = async (client: ClearClient, { tenant, tlsFor }: AskOptions): Promise<AccessToken> => {
    const request = { ...tokenRequest(client, tenant), tlsFor };
    const stop = createStop(world.timers, request.timeoutMs, closing.signal);
    const failed = (error: unknown): never => {
      const cause = stop.reason() === 'deadline' ? NOT_IN_TIME : error;
      throw tokenFailure(request.url, cause);
    };
    try {
      return readTokenAnswer(await send(request, stop).catch(failed), request.url);
    } finally {
      stop.release();
    }
  };

  const keep = (key: string, { token, lifetimeMs }: AccessToken): void => {
    const marginMs = Math.min(MOST_MARGIN_MS, lifetimeMs * LAST_PART);
    kept.delete(key);
    const [oldest] = kept.keys();
    if (kept.size >= KEPT_TOKENS && oldest !== undefined) kept.delete(oldest);
    kept.set(key, { token, untilMs: world.clock.monotonic() + lifetimeMs - marginMs });
  };

  return {
    async tokenFor(client, request) {
      const key = keyOf(client, request.tenant);
      const found = kept.get(key);
      if (found !== undefined && world.clock.monotonic() < found.untilMs) return { token: found.token, isCached: true };
      const underWay = asked.get(key);
      if (underWay !== undefined) return { token: (await underWay).token, isCached: false };
      const asking = ask(client, request).finally(() => asked.delete(key));
      asked.set(key, asking);
      const granted = await asking;
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
