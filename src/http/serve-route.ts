import { createHmac } from 'node:crypto';
import type { Request, RequestHandler, Response } from 'express';
import { z } from 'zod';
import type { CommandContext } from '../commands/command.ts';
import type { FindNamed } from '../commands/loop/names.ts';
import type { RepeatableRequest } from '../commands/loop/requests/run-once.ts';
import { RecordedRejection } from '../commands/recorded-rejection.ts';
import { DomainError, rejectField } from '../domain/domain-error.ts';
import { EVERY_TENANT, type Tenant, TenantChoice } from '../domain/values.ts';
import type { Queries } from '../projections/queries/index.ts';
import type { Scope } from '../projections/queries/scope.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { withTimeout } from '../runtime/timeout.ts';
import type { Notices } from '../telemetry/notices.ts';
import { hasAddresses, withIds } from './addresses.ts';
import { parseJsonBody } from './body/json-body.ts';
import { BODY_BOUNDS, hasBody, readBody } from './body/read-body.ts';
import { takeReason } from './body/reason.ts';
import type { Authenticate } from './callers/authenticate.ts';
import { type Caller, hasAllPermissions, hasPermission, requirePermission, tenantOf } from './callers/authorize.ts';
import { type BoundDeps, requireBound } from './callers/bound-callers.ts';
import { bearerTokenFrom } from './callers/credentials.ts';
import { admitRequest, type RequestQuotas } from './callers/quotas.ts';
import { withInstants, withInstantsInBody } from './instants.ts';
import { correlationOf, noteOperation, readReason } from './request-facts.ts';
import { ExecutionOutline, ExecutionSchema } from './resources/executions.ts';
import {
  createAwaitShown,
  type DefinitionLookup,
  type EndWatch,
  whenReadable,
  withBody,
  withJobBody,
} from './responses/command-responses.ts';
import { parseIfMatch, parseIfNoneMatch } from './responses/etag.ts';
import { type ServedResponse, send, sendResponse } from './responses/response.ts';
import { COMPLETION_TOKEN, type Route, type RouteRequest, takesBody, takesKey, takesReason } from './route.ts';
import { CHANGE_LIMIT, LOOKUP_LIMIT } from './time-limits.ts';
import { validate } from './validate.ts';
import { traceOf } from './watch-requests.ts';

/** Runs a command when its key comes for the first time, and returns that same answer each further time. */
type RunOnce = (
  command: RepeatableRequest,
  run: (context: CommandContext) => Promise<ServedResponse>,
) => Promise<ServedResponse>;

export type ServeDeps = {
  readonly authenticate: Authenticate;
  readonly once: RunOnce;
  readonly queries: Pick<
    Queries,
    'awaitPosition' | 'getJob' | 'newJobOutlook' | 'getExecution' | 'getOperation' | 'expiredBefore' | 'namesOfJobs'
  >;
  readonly applicationOfJob: BoundDeps['applicationOfJob'];
  readonly alertRule: BoundDeps['alertRule'];
  readonly named: FindNamed;
  readonly whenEnded: EndWatch;
  readonly jobAt: DefinitionLookup;
  readonly notices: Pick<Notices, 'did'>;
  readonly timers: Runtime['timers'];
  readonly clock: Pick<Runtime['clock'], 'now'>;
  /** By how many whole seconds the read models are behind the log; 0 for less than one. */
  readonly lagSeconds: () => number;
  readonly quotas: Pick<RequestQuotas, 'countRequest' | 'admitBody' | 'countBody'>;
};

/** The steps of every request: authenticate, authorise, read the body, run (once for each key), wait, answer. */
export const serveRoute =
  (
    route: Route,
    {
      authenticate,
      once,
      notices,
      queries,
      jobAt,
      timers,
      clock,
      lagSeconds,
      quotas,
      applicationOfJob,
      alertRule,
      named,
      whenEnded,
    }: ServeDeps,
  ): RequestHandler =>
  async (request, response) => {
    noteOperation(request, route.operationId);
    const caller = await callerOf({ request, response }, { route, authenticate, quotas });
    const asked = withInstants(request.query, clock.now());
    const { tenant, consistency, ...query } = asked;
    const common = validate('BAD_INPUT', CommonQuery, { tenant, consistency });
    const scope = scopeOf({ response, caller, tenant: tenantOf(caller, common.tenant) });
    const authorized: AuthorizedRequest = { request, response, caller, scope, query: asked };
    const bounds = route.bounds ?? BODY_BOUNDS;
    const isCounted = route.permission !== COMPLETION_TOKEN;
    if (isCounted && hasBody(request)) quotas.admitBody(caller.tenant);
    const bytes = await readBody(request, response, bounds.bytes);
    if (isCounted) quotas.countBody(caller.tenant, bytes.length);
    const countBody = (tenant: Tenant): void => {
      quotas.admitBody(tenant);
      quotas.countBody(tenant, bytes.length);
    };
    const contentType = request.get('content-type');
    const parsed = parseJsonBody({ bytes, contentType, mostValues: bounds.values });
    const whole = withInstantsInBody(parsed, clock.now());
    const { body, reason, faults } = takesBody(route) && takesReason(route) ? takeReason(whole) : { body: whole };
    const given = { params: request.params, query, body };
    const input = hasAddresses(route, given) ? await withIds(route, given, { scope, find: named }) : given;
    if (caller.applications !== undefined) {
      await requireBound(route, { scope, input }, { queries, applicationOfJob, alertRule });
    }
    const eventual = common.consistency === 'eventual';
    const awaitShown = createAwaitShown(queries, { eventual });
    const serve = async (context: CommandContext): Promise<ServedResponse> => {
      const answer = await route.serve({ ...routeRequestOf(authorized), countBody, context }, { ...input, faults });
      const { action } = route;
      if (action !== undefined) {
        notices.did({ action, actor: caller.user, tenant: context.tenant, path: request.baseUrl + request.path });
      }
      const seesOutlook = hasPermission(caller, 'scheduler:jobs:read');
      const isRepeated = context.own?.made !== undefined;
      return withJobBody(answer, seesOutlook ? { scope, queries, awaitShown, isRepeated } : undefined);
    };

    const tenantOfContext = route.method === 'get' ? caller.tenant : oneTenant(scope.tenant);
    const context = contextOf(authorized, tenantOfContext, reason);
    const key = request.get('idempotency-key');
    const reading = { awaitShown, eventual };
    const answered = async (answer: ServedResponse): Promise<ServedResponse> =>
      shownTo(caller, route, await whenEnded(await whenReadable(answer, reading), scope));
    /** A recorded rejection is answered as a change is: once the read models show what it recorded. */
    const orRejected = async (answer: Promise<ServedResponse>): Promise<ServedResponse> => {
      try {
        return await answer;
      } catch (error) {
        if (!(error instanceof RecordedRejection)) throw error;
        const { headers = {} } = await whenReadable<Pick<ServedResponse, 'position' | 'headers'>>(error, reading);
        for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
        throw error;
      }
    };
    const limit = route.method === 'get' ? LOOKUP_LIMIT : CHANGE_LIMIT;
    const withinLimit = <T>(answer: Promise<T>): Promise<T> =>
      route.takesLong ? answer : withTimeout(timers, limit, answer);
    if (route.method === 'get') {
      const lag = route.readsNoList ? 0 : lagSeconds();
      return sendResponse(response, withLag(await withinLimit(serve(context)), lag));
    }
    if (route.answersSecret && key !== undefined) throw secretOnce();
    if (!takesKey(route) || key === undefined) {
      return send(response, await answered(await orRejected(withinLimit(serve(context)))));
    }
    const bodyHash = requestHash(checkKey(key), { method: request.method, url: request.originalUrl, body: bytes });
    const answer = await withBody(await orRejected(withinLimit(once({ context, key, bodyHash }, serve))), jobAt);
    send(response, await answered(answer));
  };

/** An answer as the caller can see it: the results of an execution are for those who can read executions. */
const shownTo = (caller: Caller, { result }: Pick<Route, 'result'>, answer: ServedResponse): ServedResponse =>
  result !== ExecutionSchema || answer.body === undefined || hasPermission(caller, 'scheduler:executions:read')
    ? answer
    : { ...answer, body: ExecutionOutline.parse(answer.body) };

/** An answer that is given again is one that is stored. */
const secretOnce = (): DomainError =>
  new DomainError(
    'BAD_IDEMPOTENCY_KEY',
    'the response contains a secret, so it cannot be stored for a repeat: omit the header',
  );

/** Says of an answer from read models by how many seconds they were behind the log. */
const withLag = (answer: ServedResponse, seconds: number): ServedResponse =>
  seconds < 1 ? answer : { ...answer, headers: { ...answer.headers, 'Carillon-Lag': String(seconds) } };

type Admission = { readonly route: Route } & Pick<ServeDeps, 'authenticate' | 'quotas'>;

/** Who asks, within the rate that they may, and with the permission that the route needs. */
const callerOf = async (
  { request, response }: Pick<AuthorizedRequest, 'request' | 'response'>,
  { route, authenticate, quotas }: Admission,
): Promise<Caller> => {
  if (route.permission === COMPLETION_TOKEN) {
    bearerTokenFrom(request);
    return TARGET;
  }
  const caller = await authenticate(request);
  admitRequest(response, caller, quotas);
  const { permission, otherPermissions = [] } = route;
  if (!otherPermissions.some((other) => hasPermission(caller, other))) requirePermission(caller, permission);
  return caller;
};

/** The target of an execution: the command checks its token. It is of no tenant that a token can name. */
const TARGET: Caller = {
  user: 'target',
  callerId: 'target',
  actor: { type: 'system', name: 'target' },
  tenant: '\u0000target',
  permissions: new Set(),
};

const CommonQuery = z.strictObject({
  tenant: TenantChoice.optional(),
  consistency: z.literal('eventual', "must be 'eventual'").optional(),
});

type AuthorizedRequest = {
  readonly request: Request;
  readonly response: Response;
  readonly caller: Caller;
  readonly scope: Scope;
  /** With instants in the places of dates and spans: the next page goes on with these. */
  readonly query: Readonly<Record<string, unknown>>;
};

type Asker = Pick<AuthorizedRequest, 'response' | 'caller'> & { readonly tenant: TenantChoice };

const scopeOf = ({ response, caller: { applications }, tenant }: Asker): Scope => ({
  tenant,
  signal: goneSignal(response),
  ...(applications === undefined ? {} : { applications }),
});

const routeRequestOf = (authorized: AuthorizedRequest): Omit<RouteRequest, 'context' | 'countBody'> => {
  const { request, caller, scope, query } = authorized;
  return {
    scope,
    tenantFor: (requested) => oneTenant(requested === undefined ? scope.tenant : tenantOf(caller, requested)),
    bearerToken: () => bearerTokenFrom(request),
    require: (permission) => requirePermission(caller, permission),
    isAdministrator: hasAllPermissions(caller),
    ifMatch: parseIfMatch(request.get('if-match')),
    mustBeNew: parseIfNoneMatch(request.get('if-none-match')),
    link: { path: request.baseUrl + request.path, query },
  };
};

/** Aborts when the connection closes before the answer is sent. */
const goneSignal = (response: Response): AbortSignal => {
  const gone = new AbortController();
  response.once('close', () => {
    if (!response.writableFinished) gone.abort();
  });
  return gone.signal;
};

/** @throws DomainError BAD_INPUT for all tenants */
const oneTenant = (choice: TenantChoice): Tenant => {
  if (choice === EVERY_TENANT) throw rejectField('BAD_INPUT', '/tenant', 'must be one tenant here, not *');
  return choice;
};

/** @param given - the reason that the body gives, which goes before that of the header */
const contextOf = (
  { request, response, caller }: AuthorizedRequest,
  tenant: Tenant,
  given: string | undefined,
): CommandContext => {
  const traceparent = traceOf(response);
  const sent = readReason(request);
  const reason = given ?? sent;
  return {
    tenant,
    actor: caller.actor,
    correlationId: correlationOf(response),
    ...(traceparent === undefined ? {} : { traceparent }),
    ...(reason === undefined ? {} : { reason }),
    ...(hasAllPermissions(caller) ? { isAdministrator: true } : {}),
    ...(hasPermission(caller, 'scheduler:executions:read') ? { canReadExecutions: true } : {}),
  };
};

const KEY = /^[\x21-\x7e]{1,255}$/;

/**
 * Checks the form of an `Idempotency-Key` and returns it.
 * @throws DomainError BAD_IDEMPOTENCY_KEY
 */
const checkKey = (key: string): string => {
  if (KEY.test(key)) return key;
  throw new DomainError('BAD_IDEMPOTENCY_KEY', 'Idempotency-Key must be 1 to 255 visible ASCII characters');
};

/**
 * Hash of a request, by which a repeated key is checked to come with the same request. It is an HMAC with the caller's
 * key, which the log does not hold in clear: the body may hold a secret, and a plain hash would let it be guessed.
 */
const requestHash = (key: string, request: { method: string; url: string; body: Buffer }): string =>
  createHmac('sha256', key)
    .update(JSON.stringify([request.method, request.url]))
    .update(request.body)
    .digest('hex');
