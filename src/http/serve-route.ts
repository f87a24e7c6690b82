import { createHmac } from 'node:crypto';
import type { Request, RequestHandler, Response } from 'express';
import { z } from 'zod';
import { type CommandContext, RecordedRejection } from '../commands/command.ts';
import { defined } from '../domain/defined.ts';
import { DomainError, rejectField } from '../domain/domain-error.ts';
import { EVERY_TENANT, type Tenant, TenantChoice } from '../domain/values.ts';
import { withTimeout } from '../runtime/timeout.ts';
import { hasAddresses, withIds } from './addresses.ts';
import { BODY_BOUNDS, type BodyBounds, hasBody, parseJsonBody, readBody } from './body.ts';
import { bearerTokenFrom } from './callers/authenticate.ts';
import { type Caller, hasAllPermissions, hasPermission, requirePermission, tenantOf } from './callers/authorize.ts';
import { requireBound } from './callers/bound-callers.ts';
import { admitRequest } from './callers/quotas.ts';
import type { ApiContext } from './context.ts';
import { withInstants, withInstantsInBody } from './instants.ts';
import { correlationOf, noteOperation, readReason } from './request-facts.ts';
import { ExecutionOutline, ExecutionSchema } from './resources/executions.ts';
import {
  awaitedBy,
  createAwaitShown,
  type EndWatch,
  type Recorded,
  whenReadable,
  withBody,
  withJobBody,
} from './responses/command-responses.ts';
import { parseIfMatch, parseIfNoneMatch, type ServedResponse, send, sendResponse } from './responses/response.ts';
import { COMPLETION_TOKEN, type Route, type RouteRequest, takesBody, takesKey, takesReason } from './route.ts';
import { CHANGE_LIMIT, LOOKUP_LIMIT } from './time-limits.ts';
import { takeReason, validate } from './validate.ts';
import { traceOf } from './watch-requests.ts';

/** The steps of every request: authenticate, authorize, read the body, run (once per key), wait, respond. */
export const serveRoute =
  (route: Route, api: ApiContext, whenEnded: EndWatch): RequestHandler =>
  async (request, response) => {
    const { queries, quotas, clock } = api;
    noteOperation(request, route.operationId);
    const caller = await callerOf(request, route, api);
    if (caller !== TARGET) admitRequest(response, caller, quotas);
    requireAccess(caller, route);
    const requested = withInstants(request.query, clock.now());
    const { tenant, consistency, ...query } = requested;
    const common = validate('BAD_INPUT', CommonQuery, { tenant, consistency });
    const { applications } = caller;
    const scope = defined({ tenant: tenantOf(caller, common.tenant), signal: goneSignal(response), applications });
    const authorizeAgain = async () => requireAccess(await callerOf(request, route, api), route);
    const bounds = route.bounds ?? BODY_BOUNDS;
    const isCounted = route.permission !== COMPLETION_TOKEN;
    if (isCounted && hasBody(request)) quotas.admitBody(caller.tenant);
    const key = takesKey(route) ? request.get('idempotency-key') : undefined;
    const input = await readInput(request, response, { bounds, key, applications: caller.applications });
    if (isCounted) quotas.countBody(caller.tenant, input.sizeBytes);
    const countBody = (tenant: Tenant): void => {
      quotas.admitBody(tenant);
      quotas.countBody(tenant, input.sizeBytes);
    };
    const whole = withInstantsInBody(input.parsed, clock.now());
    const { body, reason, faults } = takesBody(route) && takesReason(route) ? takeReason(whole) : { body: whole };
    const given = { params: request.params, query, body };
    const awaitShown = common.consistency === 'eventual' ? undefined : createAwaitShown(queries);
    const serve = async (context: CommandContext): Promise<ServedResponse> => {
      // Not before: a repeated request gets the same response, even if its own change removed the name.
      const addressed = hasAddresses(route, given) ? await withIds(route, given, { scope, find: api.named }) : given;
      if (caller.applications !== undefined) await requireBound(route, { scope, input: addressed }, api);
      const routeRequest: RouteRequest = {
        scope,
        caller,
        context,
        authorizeAgain,
        countBody,
        tenantFor: (other) => oneTenant(other === undefined ? scope.tenant : tenantOf(caller, other)),
        header: (name) => request.get(name),
        bearerToken: () => bearerTokenFrom(request),
        ifMatch: parseIfMatch(request.get('if-match')),
        mustBeNew: parseIfNoneMatch(request.get('if-none-match')),
        // With dates and durations replaced by instants, which the next page then uses.
        link: { path: request.baseUrl + request.path, query: requested },
      };
      const result = await route.serve(routeRequest, { ...addressed, faults });
      const { action } = route;
      if (action !== undefined) {
        api.notices.did({ action, actor: caller.user, tenant: context.tenant, path: request.baseUrl + request.path });
      }
      const seesOutlook = hasPermission(caller, 'scheduler:jobs:read');
      const isRepeated = context.own?.made !== undefined;
      return withJobBody(result, seesOutlook ? { scope, queries, awaitShown, isRepeated } : undefined);
    };

    const tenantOfContext = route.method === 'get' ? caller.tenant : oneTenant(scope.tenant);
    const reasonInHeader = readReason(request);
    const context: CommandContext = defined({
      tenant: tenantOfContext,
      actor: caller.actor,
      correlationId: correlationOf(response),
      traceparent: traceOf(response),
      reason: reason ?? reasonInHeader,
      isEventual: awaitShown === undefined ? true : undefined,
      isAdministrator: hasAllPermissions(caller) ? true : undefined,
      canReadExecutions: hasPermission(caller, 'scheduler:executions:read') ? true : undefined,
    });
    const responded = async (result: ServedResponse): Promise<ServedResponse> => {
      const awaited = route.result === ExecutionSchema ? awaitedBy({ wait: query.wait }, result) : undefined;
      return shownTo(caller, route, await whenEnded(await whenReadable(result, awaitShown), awaited, scope));
    };
    /** A recorded rejection is sent like the response to a change: when the read models show what it recorded. */
    const orRejected = async (result: Promise<ServedResponse>): Promise<ServedResponse> => {
      try {
        return await result;
      } catch (error) {
        if (!(error instanceof RecordedRejection)) throw error;
        const { headers = {} } = await whenReadable<Recorded>(error, awaitShown);
        for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
        throw error;
      }
    };
    const limit = route.method === 'get' ? LOOKUP_LIMIT : CHANGE_LIMIT;
    const withinLimit = <T>(result: Promise<T>): Promise<T> =>
      route.takesLong ? result : withTimeout(api.timers, limit, result);
    if (route.method === 'get') {
      const lag = route.readsNoList ? 0 : api.lagSeconds();
      return sendResponse(response, withLag(await withinLimit(serve(context)), lag));
    }
    if (route.showsSecret && key !== undefined) throw secretOnce();
    const { bodyHash } = input;
    if (key === undefined || bodyHash === undefined) {
      return sendResponse(response, await responded(await orRejected(withinLimit(serve(context)))));
    }
    const result = await withBody(await orRejected(withinLimit(api.once({ context, key, bodyHash }, serve))), api);
    send(response, await responded(result));
  };

type InputOptions = {
  readonly bounds: BodyBounds;
  /** The `Idempotency-Key`, if the route takes one. */
  readonly key: string | undefined;
  readonly applications: Caller['applications'];
};

/** Reads the body, and keeps no bytes of it: requests that wait are many, and can wait for minutes. */
const readInput = async (
  request: Request,
  response: Response,
  { bounds, key, applications }: InputOptions,
): Promise<{ readonly sizeBytes: number; readonly parsed: unknown; readonly bodyHash: string | undefined }> => {
  const body = await readBody(request, response, bounds.bytes);
  const parsed = parseJsonBody(body, request.get('content-type'), bounds.values);
  const bodyHash = key === undefined ? undefined : requestHash(checkKey(key), request, { body, applications });
  return { sizeBytes: body.length, parsed, bodyHash };
};

/** Reduces a response to what the caller can see: results of executions require permission to read executions. */
const shownTo = (caller: Caller, { result }: Route, response: ServedResponse): ServedResponse =>
  result !== ExecutionSchema || response.body === undefined || hasPermission(caller, 'scheduler:executions:read')
    ? response
    : { ...response, body: ExecutionOutline.parse(response.body) };

/** A response that can be repeated is stored. */
const secretOnce = (): DomainError =>
  new DomainError(
    'BAD_IDEMPOTENCY_KEY',
    'the response contains a secret, so it cannot be stored for a repeat: omit the header',
  );

/** Adds the lag of the read models to a response. */
const withLag = (response: ServedResponse, seconds: number): ServedResponse =>
  seconds < 1 ? response : { ...response, headers: { ...response.headers, 'Carillon-Lag': String(seconds) } };

/** Authenticates the caller by the token of a user or of an execution. */
const callerOf = async (request: Request, { permission }: Route, { authenticate }: ApiContext): Promise<Caller> => {
  if (permission !== COMPLETION_TOKEN) return authenticate(request);
  bearerTokenFrom(request);
  return TARGET;
};

/** @throws DomainError FORBIDDEN */
const requireAccess = (caller: Caller, { permission, otherPermissions = [] }: Route): void => {
  if (permission === COMPLETION_TOKEN || otherPermissions.some((other) => hasPermission(caller, other))) return;
  requirePermission(caller, permission);
};

/** The target of an execution: the command checks its token. It belongs to no tenant that a token can name. */
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

/** Aborts if the connection closes before the response is sent. */
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

const KEY = /^[\x21-\x7e]{1,255}$/;

/**
 * Checks the format of an `Idempotency-Key` and returns it.
 * @throws DomainError BAD_IDEMPOTENCY_KEY
 */
const checkKey = (key: string): string => {
  if (KEY.test(key)) return key;
  throw new DomainError('BAD_IDEMPOTENCY_KEY', 'Idempotency-Key must be 1 to 255 visible ASCII characters');
};

/**
 * Hash of a request, to check that a repeated key comes with the same request. It is an HMAC with the caller's key, which
 * the log does not contain in clear: the body may contain a secret, which a plain hash would let others guess. A caller that
 * is limited to other applications must not get this response.
 */
const requestHash = (
  key: string,
  request: Request,
  { body, applications }: { readonly body: Buffer; readonly applications: Caller['applications'] },
): string =>
  createHmac('sha256', key)
    .update(
      JSON.stringify([request.method, request.originalUrl, ...(applications === undefined ? [] : [applications])]),
    )
    .update(body)
    .digest('hex');
