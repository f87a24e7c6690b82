import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { ErrorRequestHandler, Request, RequestHandler, Response } from 'express';
import type { ProblemCode } from '../../domain/codes/problem-codes.ts';
import { DomainError } from '../../domain/domain-error.ts';
import { QuotaUsedUp } from '../../domain/quotas.ts';
import type { StoppedProjection } from '../../projections/queries/projection-views.ts';
import { QueryAbandoned } from '../../projections/queries/scope.ts';
import type { Runtime } from '../../runtime/runtime.ts';
import { escapeHtml } from '../../runtime/text.ts';
import { discardBody } from '../body.ts';
import { callerOf } from '../callers/authenticate.ts';
import type { HealthContext } from '../context.ts';
import { correlationOf, operationOf } from '../request-facts.ts';
import { PREFIX } from '../route.ts';
import { type Problem, toProblem } from './problem-details.ts';
import { send } from './response.ts';

type HtmlPage = {
  readonly status: number;
  readonly title: string;
  readonly text: string;
  readonly link: { readonly href: string; readonly text: string };
  /**
   * Follows the link automatically, as a page of this service: so cookies are sent that requests from other sites would
   * lack.
   */
  readonly goesOn?: true;
};

/** Responds with a plain page, for users whose browser was sent here. */
export const sendPage = (response: ServerResponse, { status, title, text, link, goesOn }: HtmlPage): void => {
  const href = escapeHtml(link.href);
  response.statusCode = status;
  response.setHeader('Cache-Control', 'no-store');
  response.setHeader('Content-Type', 'text/html; charset=utf-8');
  response.end(`<!doctype html>
<html lang="en">
<meta charset="utf-8">
${goesOn ? `<meta http-equiv="refresh" content="0; url=${href}">\n` : ''}<meta name="viewport" content="width=device-width">
<title>${escapeHtml(title)}</title>
<style>${STYLE}</style>
<h1>${escapeHtml(title)}</h1>
<p>${escapeHtml(text)}</p>
<p><a href="${href}">${escapeHtml(link.text)}</a></p>
</html>
`);
};

const STYLE = `
:root { color-scheme: light dark; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 36rem; margin: 15vh auto; padding: 0 1rem; }
h1 { font-size: 1.4rem; }
`;

const RETRY_AFTER_SECONDS = '5';
/** The part that detects an outage logs it once; failed requests are logged at debug level only. */
const OUTAGES: ReadonlySet<ProblemCode> = new Set([
  'STARTING',
  'READ_MODELS_BEHIND',
  'READ_MODEL_STOPPED',
  'LOG_UNAVAILABLE',
  'POSTGRES_UNAVAILABLE',
  'SIGN_IN_UNAVAILABLE',
]);

/** Codes of invalid credentials. */
const WRONG_CREDENTIALS: ReadonlySet<ProblemCode> = new Set(['TOKEN_REJECTED', 'COMPLETION_TOKEN_REJECTED']);
/** Maximum invalid credentials on a connection: it is closed after the response to the last one. */
const MAX_TRIES = 20;
const tries = new WeakMap<Socket, number>();

/** Counts an invalid credential, and returns the connection's total. */
const triesOn = (socket: Socket): number => {
  const count = (tries.get(socket) ?? 0) + 1;
  tries.set(socket, count);
  return count;
};

/** Express's error handler: responds with problem details, logs internal errors, and reports rejected access. */
export const sendProblem =
  ({ log }: Runtime, notices: HealthContext['notices']): ErrorRequestHandler =>
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
      const where = { method: request.method, path: problem.instance, from: addressOf(request), correlationId };
      notices.rejected({ code: problem.code, actor: user, tenant, action: operationOf(request), ...where });
    }
    if (WRONG_CREDENTIALS.has(problem.code) && triesOn(request.socket) >= MAX_TRIES) {
      response.setHeader('Connection', 'close');
    }
    if (!request.complete) discardBody(request);
    const headers = {
      ...(problem.status === 401 ? { 'WWW-Authenticate': challenge(problem.code) } : {}),
      ...(error instanceof QuotaUsedUp ? { 'Retry-After': String(error.retryAfterSeconds) } : {}),
      ...(problem.status === 503 ? { 'Retry-After': RETRY_AFTER_SECONDS } : {}),
    };
    if (isForPeople(request, problem)) return sendProblemPage(response, problem, headers);
    send(response, { status: problem.status, headers, body: problem, contentType: 'application/problem+json' });
  };

/** Adds the reason to a request that timed out on read models if one of them has stopped. */
export const explainStopped =
  (stopped: () => Promise<readonly StoppedProjection[]>): ErrorRequestHandler =>
  async (error, _request, _response, next) => {
    if (!(error instanceof DomainError) || error.code !== 'READ_MODELS_BEHIND') return next(error);
    const found = await stopped().catch(() => []);
    if (found.length === 0) return next(error);
    const reasons = found.map(({ name, reason: cause }) => `the read model ${name} has stopped: ${cause}`);
    next(new DomainError('READ_MODEL_STOPPED', reasons.join('; ')));
  };

/** Returns whether a browser was sent here to sign in or out, so that a person reads the response. */
const isForPeople = (request: Request, { instance }: Problem): boolean =>
  instance.startsWith(`${PREFIX}/sign-`) &&
  request.accepts(['application/problem+json', 'application/json', 'text/html']) === 'text/html';

const sendProblemPage = (
  response: Response,
  { status, title, detail }: Problem,
  headers: Readonly<Record<string, string>>,
): void => {
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
  sendPage(response, { status, title, text: detail, link: { href: `${PREFIX}/sign-in`, text: 'Sign in again' } });
};

/** The client's address; an IPv4 address in its own format. */
const addressOf = ({ socket }: Request): string | undefined => socket.remoteAddress?.replace(/^::ffff:/, '');

/** Only the path: a query may contain secrets. */
const pathOf = (url: string): string => url.split('?', 1)[0] ?? url;

/** The `WWW-Authenticate` header (RFC 6750, 3). */
const challenge = (code: ProblemCode): string =>
  code === 'TOKEN_REJECTED' ? 'Bearer realm="carillon", error="invalid_token"' : 'Bearer realm="carillon"';

/** Rejects a path that no route serves. */
export const rejectUnknownRoute: RequestHandler = () => {
  throw new DomainError('ROUTE_NOT_FOUND', 'nothing is served at this path');
};

/** Rejects every request while the process is starting. */
export const rejectUntilStarted: RequestHandler = () => {
  throw new DomainError('STARTING', 'the service is starting: retry soon');
};
