import type { Pool } from 'undici';
import type { OutcomeError } from '../../domain/execution/outcome.ts';
import type { SensitiveNames } from '../../domain/redaction/mask.ts';
import type { ResolveFor } from '../../domain/targets/judge-url.ts';
import type { TargetPolicy } from '../../domain/targets/policy.ts';
import type { ClearClient } from '../../domain/tasks/http/kind.ts';
import type { Runtime } from '../../runtime/runtime.ts';
import { createAccessTokens } from './access-tokens.ts';
import { CallInProgress, isSuccess } from './call-in-progress.ts';
import { AccessTokenFailed, Withheld } from './errors.ts';
import { firstHop, type Hop, isRedirect, nextHop, type SentAuth, signedHop } from './hop.ts';
import { cachedResolve, openTargets } from './open-target.ts';
import type { CallRequest, OwnParts, TargetCaller, TargetRequest } from './port.ts';
import { axiosSender, requestOf, type SendingCall, type TargetResponse } from './send-hop.ts';
import { untilStopped } from './stop.ts';
import { createTunnels } from './tunnels.ts';

export type TargetCallerDeps = {
  readonly policy: TargetPolicy;
  readonly resolveFor: ResolveFor;
  readonly world: Pick<Runtime, 'clock' | 'timers'>;
  readonly userAgent: string;
  /** Names of sensitive headers, which do not follow a redirect to another origin. */
  readonly names: SensitiveNames;
  /** URL of the HTTP proxy through which public addresses are called; undefined: directly. */
  readonly egressProxy?: string | undefined;
  /** Connections to one origin at the same time; default 256. */
  readonly connectionsPerTarget?: number | undefined;
};

const CONNECTIONS_PER_TARGET = 256;
const KEEP_ADDRESSES_MS = 5_000;
const MAX_REDIRECTS = 5;

const UNAUTHORIZED = 401;

/** Where a response redirects the call to; undefined if the call ends with it. */
const redirectOf = ({ status, headers: { location } }: TargetResponse, request: TargetRequest): string | undefined =>
  isRedirect(status) && typeof location === 'string' && !isSuccess(status, request) ? location : undefined;

/** The pool, if it is at hand. If it can't be opened, `call` reports why. */
const openAtHand = (open: () => Pool | Promise<Pool>): Pool | undefined => {
  try {
    const opening = open();
    if (!(opening instanceof Promise)) return opening;
    opening.catch(() => {});
  } catch {
    // `call` reports it.
  }
  return undefined;
};

/** What all calls of a request send, made once. */
const commonParts = (request: TargetRequest, userAgent: string) => {
  const { auth } = request;
  if (auth?.authMethod === 'oauth2' || request.sign !== undefined) return undefined;
  const hop = firstHop({ ...request, auth }, userAgent);
  return { auth, url: request.url.href, names: new Set(hop.headers.keys()), request: requestOf(hop) };
};

/** Adds the headers that are a call's own, unless the task has one of the name. */
const withOwn = (
  headers: readonly string[],
  names: ReadonlySet<string>,
  own: OwnParts['ownHeaders'] = {},
): string[] => {
  const all = headers.slice();
  for (const name in own) if (!names.has(name.toLowerCase())) all.push(name, own[name] ?? '');
  return all;
};

/**
 * Creates the maker of HTTP calls. It judges the target of each hop, connects to the very address that was judged, and
 * returns how the call ended. A process needs one; `close` it at the end.
 */
export const createTargetCaller = (deps: TargetCallerDeps): TargetCaller => {
  const resolve = cachedResolve(deps.resolveFor, deps.world.clock, KEEP_ADDRESSES_MS);
  const tunnels = deps.egressProxy === undefined ? undefined : createTunnels(deps.egressProxy);
  const targets = openTargets(
    { policy: deps.policy, resolve },
    { connectionsPerTarget: deps.connectionsPerTarget ?? CONNECTIONS_PER_TARGET, tunnels },
  );
  const { recheck } = targets;
  const send = axiosSender();

  const open = ({ url }: Pick<Hop, 'url'>, { tenant, tlsFor }: TargetRequest): Pool | Promise<Pool> =>
    targets.open(url, { tenant, tls: tlsFor?.(url.origin) });

  const sendHop = async (hop: Hop, request: CallRequest, call: SendingCall): Promise<TargetResponse> => {
    const opening = open(hop, request);
    const pool = opening instanceof Promise ? await untilStopped(call.stop, opening) : opening;
    return send({ url: hop.url.href, request: requestOf(hop), pool, call, recheck });
  };

  const hopOf = (request: CallRequest, auth: SentAuth | undefined): Hop =>
    signedHop(firstHop({ ...request, auth }, deps.userAgent), request);

  /** Follows redirects and returns the last response, or the error that ended the way there. */
  const fetchResponse = async (
    request: CallRequest,
    auth: SentAuth | undefined,
    call: SendingCall,
  ): Promise<TargetResponse | OutcomeError> => {
    const hop = hopOf(request, auth);
    return follow(request, { hop, response: await sendHop(hop, request, call) }, call);
  };

  const follow = async (
    request: CallRequest,
    sent: { readonly hop: Hop; readonly response: TargetResponse },
    call: SendingCall,
  ): Promise<TargetResponse | OutcomeError> => {
    let { hop, response } = sent;
    for (let redirects = 0; ; redirects += 1) {
      const location = redirectOf(response, request);
      if (location === undefined) return response;
      if (redirects === MAX_REDIRECTS) {
        return { code: 'TOO_MANY_REDIRECTS', message: `the target redirected more than ${MAX_REDIRECTS} times` };
      }
      const next = nextHop(hop, { status: response.status, location }, deps.names);
      if (next === undefined) return { code: 'INVALID_RESPONSE', message: 'the target redirected to an invalid URL' };
      if (next.url.origin !== hop.url.origin && request.holdsSecret?.(next) === true) {
        const message = `the target redirected to ${next.url.origin}, which this request's secrets must not be sent to`;
        return { code: 'SECRET_ORIGIN_NOT_ALLOWED', message };
      }
      hop = signedHop(next, request);
      response = await sendHop(hop, request, call);
    }
  };

  const tokens = createAccessTokens({
    world: deps.world,
    send: (request, stop) => fetchResponse(request, undefined, { stop, maySend: () => true }),
  });

  /**
   * Sends a request with the access token of its client. Where the target does not take a token that was kept, it is
   * called once more, with a new one: by 401 a target says that it has done nothing.
   */
  const fetchWithAccessToken = async (
    request: CallRequest,
    client: ClearClient,
    call: CallInProgress,
  ): Promise<TargetResponse | OutcomeError> => {
    const nextToken = async () => {
      const next = await untilStopped(call.stop, tokens.tokenFor(client, request));
      call.used = [...call.used, next.token];
      return next;
    };
    const sendWith = (token: string) => fetchResponse(request, { authMethod: 'bearer', token }, call);
    const first = await nextToken();
    const response = await sendWith(first.token);
    if (!('status' in response) || response.status !== UNAUTHORIZED || isSuccess(UNAUTHORIZED, request))
      return response;
    tokens.drop(client, request.tenant, first.token);
    if (!first.isCached) return response;
    try {
      const second = await nextToken();
      return request.beforeSend?.() === false ? response : await sendWith(second.token);
    } catch (error) {
      if (error instanceof AccessTokenFailed) return response;
      throw error;
    }
  };

  return {
    call: (request, signal) =>
      new Promise((ended) => {
        const { auth, beforeSend } = request;
        const call = new CallInProgress(deps.world, request, { beforeSend, signal });
        const fetch = () =>
          auth?.authMethod === 'oauth2'
            ? fetchWithAccessToken(request, auth, call)
            : fetchResponse(request, auth, call);
        call.begin(fetch, ended);
      }),
    prepare: (request) => {
      const common = commonParts(request, deps.userAgent);
      return (own, ended) => {
        const pool = common && openAtHand(() => open(request, request));
        if (common === undefined || pool === undefined) return undefined;
        const headers = withOwn(common.request.headers, common.names, own.ownHeaders);
        const call = new CallInProgress(deps.world, request, own);
        const fetch = async () => {
          // The pool may have made room for others by now.
          if (pool.closed) throw new Withheld();
          const sent = { ...common.request, headers };
          const response = await send({ url: common.url, request: sent, pool, call, recheck });
          if (redirectOf(response, request) === undefined) return response;
          const holdsSecret: OwnParts['holdsSecret'] = (hop) => own.holdsSecret?.(hop) === true;
          const whole = { ...request, ownHeaders: own.ownHeaders, holdsSecret };
          return follow(whole, { hop: hopOf(whole, common.auth), response }, call);
        };
        return { send: () => call.begin(fetch, ended), abort: () => call.stop.abort() };
      };
    },
    close: async () => {
      tokens.close();
      await targets.close();
      await tunnels?.close();
    },
  };
};
