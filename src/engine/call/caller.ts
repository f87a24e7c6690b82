import type { Pool } from 'undici';
import type { OutcomeError } from '../../domain/execution/outcome.ts';
import type { SensitiveNames } from '../../domain/redaction/index.ts';
import type { ResolveFor, TargetPolicy } from '../../domain/targets/index.ts';
import type { ClearClient } from '../../domain/tasks/http/kind.ts';
import type { Runtime } from '../../runtime/runtime.ts';
import { createAccessTokens } from './access-tokens.ts';
import { CallInProgress, isSuccess } from './call-in-progress.ts';
import { AccessTokenFailed, Withheld } from './errors.ts';
import { firstHop, type Hop, isRedirect, nextHop, type SentAuth, signedHop } from './hop.ts';
import { cachedResolve, openTargets } from './open-target.ts';
import type { CallOutcome, CallRequest, OwnParts, TargetCaller, TargetRequest } from './port.ts';
import { axiosSender, requestOf, type SendingCall, type TargetAnswer } from './send-hop.ts';
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

/** Where an answer redirects the call to; undefined if the call ends with it. */
const redirectOf = ({ status, headers: { location } }: TargetAnswer, request: TargetRequest): string | undefined =>
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

  const sendHop = async (hop: Hop, request: CallRequest, call: SendingCall): Promise<TargetAnswer> => {
    const opening = open(hop, request);
    const pool = opening instanceof Promise ? await untilStopped(call.stop, opening) : opening;
    return send({ url: hop.url.href, request: requestOf(hop), pool, call, recheck });
  };

  const hopOf = (request: CallRequest, auth: SentAuth | undefined): Hop =>
    signedHop(firstHop({ ...request, auth }, deps.userAgent), request);

  /** Follows redirects and returns the last answer, or the error that ended the way there. */
  const answerTo = async (
    request: CallRequest,
    auth: SentAuth | undefined,
    call: SendingCall,
  ): Promise<TargetAnswer | OutcomeError> => {
    const hop = hopOf(request, auth);
    return follow(request, { hop, answer: await sendHop(hop, request, call) }, call);
  };

  const follow = async (
    request: CallRequest,
    sent: { readonly hop: Hop; readonly answer: TargetAnswer },
    call: SendingCall,
  ): Promise<TargetAnswer | OutcomeError> => {
    let { hop, answer } = sent;
    for (let redirects = 0; ; redirects += 1) {
      const location = redirectOf(answer, request);
      if (location === undefined) return answer;
      if (redirects === MAX_REDIRECTS) {
        return { code: 'TOO_MANY_REDIRECTS', message: `the target redirected more than ${MAX_REDIRECTS} times` };
      }
      const next = nextHop(hop, { status: answer.status, location }, deps.names);
      if (next === undefined) return { code: 'INVALID_RESPONSE', message: 'the target redirected to an invalid URL' };
      if (next.url.origin !== hop.url.origin && request.holdsSecret?.(next) === true) {
        const message = `the target redirected to ${next.url.origin}, which this request's secrets must not be sent to`;
        return { code: 'SECRET_ORIGIN_NOT_ALLOWED', message };
      }
      hop = signedHop(next, request);
      answer = await sendHop(hop, request, call);
    }
  };

  const tokens = createAccessTokens({
    world: deps.world,
    send: (request, stop) => answerTo(request, undefined, { stop, maySend: () => true }),
  });

  /**
   * Sends a request with the access token of its client. Where the target does not take a token that was kept, it is
   * asked once more, with a new one: by 401 a target says that it has done nothing.
   */
  const answerToClient = async (
    request: CallRequest,
    client: ClearClient,
    call: CallInProgress,
  ): Promise<TargetAnswer | OutcomeError> => {
    const nextToken = async () => {
      const next = await untilStopped(call.stop, tokens.tokenFor(client, request));
      call.used.push(next.token);
      return next;
    };
    const sendWith = (token: string) => answerTo(request, { authMethod: 'bearer', token }, call);
    const first = await nextToken();
    const answer = await sendWith(first.token);
    if (!('status' in answer) || answer.status !== UNAUTHORIZED || isSuccess(UNAUTHORIZED, request)) return answer;
    tokens.drop(client, request.tenant, first.token);
    if (!first.isCached) return answer;
    try {
      const second = await nextToken();
      return request.beforeSend?.() === false ? answer : await sendWith(second.token);
    } catch (error) {
      if (error instanceof AccessTokenFailed) return answer;
      throw error;
    }
  };

  const commons = new WeakMap<TargetRequest, ReturnType<typeof commonParts>>();
  const commonOf = (request: TargetRequest) => {
    if (!commons.has(request)) commons.set(request, commonParts(request, deps.userAgent));
    return commons.get(request);
  };

  return {
    async call(request, signal): Promise<CallOutcome> {
      const { auth, beforeSend } = request;
      const call = new CallInProgress(deps.world, request, { beforeSend, signal });
      call.stop.startDeadline(request.timeoutMs);
      try {
        const answering =
          auth?.authMethod === 'oauth2' ? answerToClient(request, auth, call) : answerTo(request, auth, call);
        return call.answered(await answering);
      } catch (error) {
        return call.failed(error);
      } finally {
        call.stop.release();
      }
    },
    prepare: (request, own, ended) => {
      const common = commonOf(request);
      const pool = common && openAtHand(() => open(request, request));
      if (common === undefined || pool === undefined) return undefined;
      const call = new CallInProgress(deps.world, request, own);
      const over = (outcome: CallOutcome): void => {
        call.stop.release();
        ended(outcome);
      };
      const follows = (answer: TargetAnswer): void => {
        const whole = { ...request, ...own };
        follow(whole, { hop: hopOf(whole, common.auth), answer }, call).then(
          (last) => over(call.answered(last)),
          (error) => over(call.failed(error)),
        );
      };
      const headers = withOwn(common.request.headers, common.names, own.ownHeaders);
      const sent = { url: common.url, request: { ...common.request, headers }, pool, call, recheck };
      return {
        send: () => {
          // The pool may have made room for others by now.
          if (pool.closed) return over(call.failed(new Withheld()));
          call.stop.startDeadline(request.timeoutMs);
          send(sent).then(
            (answer) => (redirectOf(answer, request) === undefined ? over(call.answered(answer)) : follows(answer)),
            (error) => over(call.failed(error)),
          );
        },
        abort: () => call.stop.abort(),
      };
    },
    close: async () => {
      tokens.close();
      await targets.close();
      await tunnels?.close();
    },
  };
};
