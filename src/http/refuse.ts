import type { ErrorRequestHandler, RequestHandler } from 'express';
import type { ProblemCode } from '../domain/codes/problem-codes.ts';
import { QuotaUsedUp } from '../domain/quotas.ts';
import { Refusal } from '../domain/refusal.ts';
import { QueryAbandoned } from '../projections/queries/port.ts';
import type { Notices } from '../telemetry/notices.ts';
import type { World } from '../world.ts';
import { send } from './answer.ts';
import { type Authenticate, callerOf } from './authenticate.ts';
import { correlationOf } from './correlation.ts';
import { toProblem } from './problem-details.ts';
import { leaveUnread } from './read-body.ts';

const RETRY_AFTER_SECONDS = '5';
/** What is away is told of once, by whoever needs it: not again for each request meanwhile. */
const OUTAGES: ReadonlySet<ProblemCode> = new Set(['STARTING', 'LOG_UNAVAILABLE', 'POSTGRES_UNAVAILABLE']);

/** Answers every error that a request met with problem details. */
export const answerProblem =
  ({ log }: Pick<World, 'log'>, notices: Pick<Notices, 'refused'>): ErrorRequestHandler =>
  (error, request, response, next) => {
    if (response.headersSent) return next(error);
    if (error instanceof QueryAbandoned) return;
    const correlationId = correlationOf(response);
    const problem = toProblem(error, { instance: pathOf(request.originalUrl), correlationId });
    if (problem.status >= 500) {
      const level = OUTAGES.has(problem.code) ? 'debug' : 'error';
      log[level]({ error, correlationId, method: request.method, path: problem.instance }, 'a request failed');
    }
    if (problem.status === 401 || problem.status === 403 || problem.code === 'TARGET_BLOCKED') {
      const { user, tenant } = callerOf(request) ?? {};
      const where = { method: request.method, path: problem.instance, correlationId };
      notices.refused({ code: problem.code, actor: user, tenant, ...where });
    }
    if (!request.complete) leaveUnread(request);
    const headers = {
      ...(problem.status === 401 ? { 'WWW-Authenticate': challenge(problem.code) } : {}),
      ...(error instanceof QuotaUsedUp ? { 'Retry-After': String(error.retryAfterSeconds) } : {}),
      ...(problem.status === 503 ? { 'Retry-After': RETRY_AFTER_SECONDS } : {}),
    };
    send(response, { status: problem.status, headers, body: problem, contentType: 'application/problem+json' });
  };

/** A query may hold what is not to be repeated. */
const pathOf = (url: string): string => url.split('?', 1)[0] ?? url;

/** RFC 6750, 3. */
const challenge = (code: ProblemCode): string =>
  code === 'TOKEN_REFUSED' ? 'Bearer realm="carillon", error="invalid_token"' : 'Bearer realm="carillon"';

export const refuseUnknownRoute: RequestHandler = () => {
  throw new Refusal('ROUTE_NOT_FOUND', 'there is nothing under this path');
};

/** For all that comes before the process can serve it. */
export const refuseUntilStarted: RequestHandler = () => {
  throw new Refusal('STARTING', 'the service is starting: try again soon');
};

/** For a path that is known, but not by this method; where it needs a token, that is asked for first. */
export const refuseOtherMethods = (methods: readonly string[], authenticate?: Authenticate): RequestHandler => {
  const allow = [...methods, ...(methods.includes('GET') ? ['HEAD'] : []), 'OPTIONS'].join(', ');
  return async (request, response) => {
    if (request.method !== 'OPTIONS') await authenticate?.(request);
    response.setHeader('Allow', allow);
    if (request.method !== 'OPTIONS') throw new Refusal('METHOD_NOT_ALLOWED', `this path allows ${allow}`);
    send(response, { status: 204 });
  };
};
