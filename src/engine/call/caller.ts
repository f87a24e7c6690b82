import type { Pool } from 'undici';
import type { OutcomeError } from '../../domain/execution/outcome.ts';
import type { SensitiveNames } from '../../domain/redaction/index.ts';
import type { ResolveFor, TargetPolicy } from '../../domain/targets/index.ts';
import type { ClearClient } from '../../domain/tasks/http/kind.ts';
import type { Runtime } from '../../runtime/runtime.ts';
import { createAccessTokens } from './access-tokens.ts';
import { AccessTokenFailed, failureOf, HopBroken, Withheld } from './errors.ts';
import { firstHop, type Hop, isRedirect, nextHop, type SentAuth, signedHop } from './hop.ts';
import { cachedResolve, openTargets } from './open-target.ts';
import type { CallOutcome, CallRequest, ClearResult, TargetCaller } from './port.ts';
import { readData } from './read-data.ts';
import { axiosClient, type TargetAnswer } from './send-hop.ts';
import { createStop, type Stop, untilStopped } from './stop.ts';
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

const joined = (headers: TargetAnswer['headers']): Record<string, string> => {
  const record: Record<string, string> = {};
  for (const name in headers) {
    const value = headers[name];
    if (value !== undefined) record[name] = typeof value === 'string' ? value : value.join(', ');
  }
  return record;
};

const resultOf = ({ status, headers, body }: TargetAnswer): ClearResult => {
  const shown = joined(headers);
  return { status, headers: shown, data: readData(body, shown['content-type']), truncated: body.truncated };
};

type SendOptions = {
  readonly stop: Stop;
  /** Asked right before each request of the call is sent. */
  readonly maySend: () => boolean;
};

type ClientOptions = SendOptions & {
  readonly client: ClearClient;
  /** Takes the tokens that are sent. */
  readonly used: string[];
};

const UNAUTHORIZED = 401;

const isSuccess = (status: number, request: CallRequest): boolean =>
  (status >= 200 && status < 300) || request.successStatus?.includes(status) === true;

/** Where an answer redirects the call to; undefined if the call ends with it. */
const redirectOf = ({ status, headers: { location } }: TargetAnswer, request: CallRequest): string | undefined =>
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

const answeredFailure = (status: number): OutcomeError => ({
  code: `HTTP_${status}`,
  message: `the target responded with status ${status}`,
});

/**
 * Creates the maker of HTTP calls. It judges the target of each hop, connects to the very address that was judged, and
 * returns how the call ended. A process needs one; `close` it at the end.
 */
export const createTargetCaller = (deps: TargetCallerDeps): TargetCaller => {
  const { clock, timers } = deps.world;
  const resolve = cachedResolve(deps.resolveFor, clock, KEEP_ADDRESSES_MS);
  const tunnels = deps.egressProxy === undefined ? undefined : createTunnels(deps.egressProxy);
  const targets = openTargets(
    { policy: deps.policy, resolve },
    { connectionsPerTarget: deps.connectionsPerTarget ?? CONNECTIONS_PER_TARGET, tunnels },
  );
  const client = axiosClient();

  const open = ({ url }: Hop, { tenant, tlsFor }: CallRequest): Pool | Promise<Pool> =>
    targets.open(url, { tenant, tls: tlsFor?.(url.origin) });

  const sendHop = async (hop: Hop, request: CallRequest, { stop, maySend }: SendOptions): Promise<TargetAnswer> => {
    const opening = open(hop, request);
    const pool = opening instanceof Promise ? await untilStopped(stop, opening) : opening;
    return client.send({ hop, pool, stop, maySend });
  };

  /** Follows redirects and returns the last answer, or the error that ended the way there. */
  const answerTo = async (
    request: CallRequest,
    { auth, ...options }: SendOptions & { readonly auth: SentAuth | undefined },
  ): Promise<TargetAnswer | OutcomeError> => {
    const hop = signedHop(firstHop({ ...request, auth }, deps.userAgent), request);
    return follow(request, { hop, answer: await sendHop(hop, request, options) }, options);
  };

  const follow = async (
    request: CallRequest,
    sent: { readonly hop: Hop; readonly answer: TargetAnswer },
    options: SendOptions,
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
      answer = await sendHop(hop, request, options);
    }
  };

  const tokens = createAccessTokens({
    world: deps.world,
    send: (request, stop) => answerTo(request, { auth: undefined, stop, maySend: () => true }),
  });

  /**
   * Sends a request with the access token of its client. Where the target does not take a token that was kept, it is
   * asked once more, with a new one: by 401 a target says that it has done nothing.
   */
  const answerToClient = async (
    request: CallRequest,
    { client, used, ...options }: ClientOptions,
  ): Promise<TargetAnswer | OutcomeError> => {
    const nextToken = async () => {
      const next = await untilStopped(options.stop, tokens.tokenFor(client, request));
      used.push(next.token);
      return next;
    };
    const sendWith = (token: string) => answerTo(request, { ...options, auth: { authMethod: 'bearer', token } });
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

  /** A call in progress: what may stop it, and when it was sent. */
  const begin = (request: CallRequest, signal?: AbortSignal) => {
    const stop = createStop(timers, signal);
    const used: string[] = [];
    let startedAtMs: number | undefined;
    const maySend = (): boolean => {
      if (startedAtMs !== undefined) return true;
      if (request.beforeSend?.() === false) return false;
      startedAtMs = clock.now();
      return true;
    };
    const times = () => ({
      ...(startedAtMs !== undefined && { startedAtMs }),
      finishedAtMs: clock.now(),
      ...(used.length > 0 && { accessTokens: used }),
    });
    const answered = (answer: TargetAnswer | OutcomeError): CallOutcome => {
      if ('code' in answer) return { kind: 'failed', ...times(), error: answer };
      try {
        const result = resultOf(answer);
        return isSuccess(result.status, request)
          ? { kind: 'succeeded', ...times(), result }
          : { kind: 'failed', ...times(), error: answeredFailure(result.status), result };
      } catch (error) {
        return failed(error);
      }
    };
    const failed = (error: unknown): CallOutcome => {
      if (error instanceof Withheld) return { kind: 'withheld', finishedAtMs: clock.now() };
      switch (stop.reason()) {
        case 'aborted':
          return { kind: 'aborted', ...times() };
        case 'deadline': {
          const until = startedAtMs === undefined ? 'the request was sent' : 'the target responded';
          const message = `the timeout of ${request.timeoutMs} ms expired before ${until}`;
          return { kind: 'failed', ...times(), error: { code: 'ETIMEDOUT', message } };
        }
        case undefined: {
          // A failure status counts although the rest of the answer is missing; only a success is unknown until it is
          // whole.
          const status = error instanceof HopBroken ? error.status : undefined;
          const isRejection = status !== undefined && !isSuccess(status, request) && !isRedirect(status);
          return { kind: 'failed', ...times(), error: isRejection ? answeredFailure(status) : failureOf(error) };
        }
      }
    };
    return { stop, used, maySend, answered, failed };
  };

  return {
    async call(request, signal): Promise<CallOutcome> {
      const { stop, used, maySend, answered, failed } = begin(request, signal);
      stop.startDeadline(request.timeoutMs);
      try {
        const { auth } = request;
        const options = { stop, maySend };
        const answer =
          auth?.authMethod === 'oauth2'
            ? await answerToClient(request, { ...options, client: auth, used })
            : await answerTo(request, { ...options, auth });
        return answered(answer);
      } catch (error) {
        return failed(error);
      } finally {
        stop.release();
      }
    },
    prepare: (request, ended) => {
      const { auth } = request;
      if (auth?.authMethod === 'oauth2') return undefined;
      const { stop, maySend, answered, failed } = begin(request);
      const hop = signedHop(firstHop({ ...request, auth }, deps.userAgent), request);
      const pool = openAtHand(() => open(hop, request));
      if (pool === undefined) return undefined;
      const end = (answer: TargetAnswer | OutcomeError): void => {
        stop.release();
        ended(answered(answer));
      };
      const fail = (error: unknown): void => {
        stop.release();
        ended(failed(error));
      };
      const send = client.prepare({ hop, pool, stop, maySend }, (result) => {
        if ('error' in result) fail(result.error);
        else if (redirectOf(result.answer, request) === undefined) end(result.answer);
        else follow(request, { hop, ...result }, { stop, maySend }).then(end, fail);
      });
      return {
        send: () => {
          stop.startDeadline(request.timeoutMs);
          send();
        },
        abort: stop.abort,
      };
    },
    close: async () => {
      tokens.close();
      await targets.close();
      await tunnels?.close();
    },
  };
};
