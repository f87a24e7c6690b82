import type { RequestHandler } from 'express';
import type { z } from 'zod';
import type { CommandContext, Precondition } from '../commands/command.ts';
import type { Permission } from '../domain/permissions.ts';
import type { Tenant } from '../domain/values.ts';
import type { Scope, TenantScope } from '../projections/queries/scope.ts';
import type { ActionNotice } from '../telemetry/notices.ts';
import type { BodyBounds } from './body.ts';
import type { Authenticate } from './callers/authenticate.ts';
import type { Caller } from './callers/authorize.ts';
import type { BoundCheck } from './callers/bound-callers.ts';
import { EXAMPLES } from './openapi/examples.ts';
import type { TAGS } from './openapi/parts.ts';
import { type IfMatch, type ServedResponse, underIfMatch } from './responses/response.ts';
import { bodyOf, NoBody, NoQuery, type ParamsIn, paramsIn, type RawInput, validateRequest } from './validate.ts';

export const PREFIX = '/_/scheduler';

/** Replaces a permission if the caller is the target of an execution, authenticated by the token of its call. */
export const COMPLETION_TOKEN = 'completion token';

export type Method = 'get' | 'post' | 'put' | 'patch' | 'delete';

/** What every route gets of a request, beside parameters and body. */
export type RouteRequest = {
  readonly scope: Scope;
  readonly context: CommandContext;
  /** Returns the tenant to change, for a tenant in a body. @throws DomainError FORBIDDEN if the caller can't change it */
  readonly tenantFor: (requested: string | undefined) => Tenant;
  readonly ifMatch: IfMatch;
  /** `If-None-Match: *` was sent. */
  readonly mustBeNew: boolean;
  readonly caller: Caller;
  readonly header: (name: string) => string | undefined;
  /** Authenticates and authorizes the caller again, for a long response. */
  readonly authorizeAgain: () => Promise<unknown>;
  /** The bearer token of the request. @throws DomainError NOT_AUTHENTICATED, TOKEN_REJECTED */
  readonly bearerToken: () => string;
  /** Counts the body against a tenant that only a completion token identifies. @throws QuotaUsedUp */
  readonly countBody: (tenant: Tenant) => void;
  /** The request's path and query, for the link to the next page. */
  readonly link: { readonly path: string; readonly query: Readonly<Record<string, unknown>> };
};

/**
 * Narrows a request's scope to one tenant.
 * @throws DomainError BAD_INPUT for all tenants
 */
export const tenantScope = ({ scope, tenantFor }: RouteRequest): TenantScope => ({
  ...scope,
  tenant: tenantFor(undefined),
});

/** Common fields of all routes for the API's description. */
type Described = {
  readonly method: Method;
  /** Path below the prefix; `:name` is a parameter. */
  readonly path: string;
  /** Name of the operation in generated clients. */
  readonly operationId: string;
  readonly summary: string;
  /** Successful statuses with their meanings. */
  readonly responses: Readonly<Record<number, string>>;
  /** Schema of a successful response's body; absent without a body. */
  readonly result?: z.ZodType;
  /** Media type of a body that is not JSON. */
  readonly mediaType?: string;
  /** Statuses of problems that replace the default ones of the description. */
  readonly problems?: Readonly<Record<number, string>>;
};

/** A route that needs no token or checks the credential itself: for sign-in, documents and health. */
export type OpenRoute = Described & {
  readonly tag: keyof typeof TAGS;
  /** Replaces the statement that no token is required. */
  readonly description?: string;
  /** Accepted credentials: a bearer token, or a token or session; absent for none. */
  readonly takes?: 'bearer' | 'any';
  readonly params?: z.ZodObject;
  readonly query?: z.ZodObject;
  /** Outside the API's prefix. */
  readonly atRoot?: true;
  /** Authenticates requests with other methods. */
  readonly guard?: Authenticate | undefined;
  readonly serve: RequestHandler;
};

/** A route of one tenant gets its scope. */
export type ScopeOf<One extends true | undefined> = One extends true ? TenantScope : Scope;

/** What a route states beside its schemas and handler. */
type RouteFields<One extends true | undefined = true | undefined> = Described & {
  /** Further sentences of the description, after the permission's. */
  readonly details?: string;
  /** Or the token of a call, with which its target reports the result. */
  readonly permission: Permission | typeof COMPLETION_TOKEN;
  /** Alternative permissions; the handler then requires the one that the request needs. */
  readonly otherPermissions?: readonly Permission[];
  /** The path contains `:application` and `:job`; the handler gets the id as parameter `id`. */
  readonly addresses?: 'application' | 'job';
  /** The check for a caller that is limited to applications. */
  readonly bound: BoundCheck;
  /** Without a change, it still rejects `tenant=*`. */
  readonly ofOneTenant?: One;
  /** A POST without changes; ignores `Idempotency-Key`. */
  readonly changesNothing?: true;
  /** An audited route without changes accepts a reason. */
  readonly takesReason?: true;
  /** The response contains a secret, which must not be stored: rejects `Idempotency-Key`. */
  readonly showsSecret?: true;
  /** A GET that reads no list of the read models: its response never lags behind the log. */
  readonly readsNoList?: true;
  /** Can take minutes: not subject to the 12 s limit of changes. */
  readonly takesLong?: true;
  /** Maximum body size, if larger than the default. */
  readonly bounds?: BodyBounds;
  /** Schema of a body that the command validates, in place of `body`. */
  readonly accepts?: z.ZodType;
  /** Schema of each line of a response sent line by line (NDJSON), in place of `result`. */
  readonly lines?: z.ZodType;
  /** Notifies operators of an action without an event in the log. */
  readonly action?: ActionNotice['action'];
  /** Headers beside the common ones. */
  readonly headers?: z.ZodObject;
  /** Takes `If-Match`. */
  readonly conditional?: true;
  /** Takes `If-None-Match: *`. */
  readonly makesNew?: true;
};

/** A route as it is written. */
export type Definition<
  Path extends string,
  P extends z.ZodType,
  Q extends z.ZodType,
  B extends z.ZodType,
  One extends true | undefined,
> = RouteFields<One> & {
  readonly path: Path;
  /** By default, those in the path, as validate.ts describes them. */
  readonly params?: P;
  /** Query parameters beside `tenant` and `consistency`, which all routes have. */
  readonly query?: Q;
  /** If absent, there is none, unless the route has `accepts`. */
  readonly body?: B;
  readonly handle: (
    request: Omit<RouteRequest, 'scope'> & {
      scope: ScopeOf<One>;
      /** The revision in `If-Match`, if the route takes that; called again for each other revision there. */
      precondition: Precondition;
      params: z.output<P>;
      query: z.output<Q>;
      body: z.output<B>;
    },
  ) => Promise<ServedResponse>;
};

/** Returns whether the route may record anything. */
export const isChange = ({ method, changesNothing }: Route): boolean => method !== 'get' && changesNothing !== true;

/** Returns whether it accepts `tenant=*`. An address names a job of one tenant. */
export const takesAllTenants = (route: Route): boolean =>
  !isChange(route) && route.ofOneTenant !== true && route.addresses === undefined;

/** Returns whether it accepts an `Idempotency-Key`. Targets' routes do not: their tokens are used once. */
export const takesKey = (route: Route): boolean => isChange(route) && route.permission !== COMPLETION_TOKEN;

export const takesBody = ({ accepts, body }: Route): boolean => accepts !== undefined || body !== NoBody;

/** Returns whether it accepts a reason, in the header `Carillon-Reason` or in the body. */
export const takesReason = (route: Route): boolean => isChange(route) || route.takesReason === true;

type AnyDefinition = Definition<string, z.ZodType, z.ZodType, z.ZodType, true | undefined>;

/** A route as one record, for serving requests and for the API's description. */
export type Route = RouteFields & {
  readonly params: z.ZodType;
  readonly query: z.ZodType;
  readonly body: z.ZodType;
  /** An example body for the API's description; also sent by the tests. */
  readonly example?: object | undefined;
  /** @throws DomainError BAD_ID, BAD_INPUT, and the rejections of the handler */
  readonly serve: (request: RouteRequest, input: RawInput) => Promise<ServedResponse>;
};

const examples: Readonly<Record<string, object>> = EXAMPLES;

/** Defines a route that validates parameters, query and body before its handler runs. */
export function defineRoute<
  Path extends string,
  P extends z.ZodType = ParamsIn<Path>,
  Q extends z.ZodType = typeof NoQuery,
  B extends z.ZodType = typeof NoBody,
  One extends true | undefined = undefined,
>(definition: Definition<Path, P, Q, B, One>): Route;
export function defineRoute({ handle, query = NoQuery, ...route }: AnyDefinition): Route {
  const { path, operationId, params = paramsIn(path), body = bodyOf(route.accepts) } = route;
  return {
    ...{ ...route, params, query, body, example: examples[operationId] },
    serve: (request, input) => {
      const { accepts, conditional, ofOneTenant } = route;
      const scope = ofOneTenant ? tenantScope(request) : request.scope;
      const valid = validateRequest({ params, query, body, accepts }, input);
      return underIfMatch(conditional ? request.ifMatch : undefined, (precondition) =>
        handle({ ...request, scope, precondition, ...valid }),
      );
    },
  };
}
