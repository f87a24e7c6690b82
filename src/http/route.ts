import type { RequestHandler } from 'express';
import type { z } from 'zod';
import type { CommandContext } from '../commands/command.ts';
import type { Permission } from '../domain/permissions.ts';
import type { Tenant } from '../domain/values.ts';
import type { Scope, TenantScope } from '../projections/queries/scope.ts';
import type { ActionNotice } from '../telemetry/notices.ts';
import type { BodyBounds } from './body.ts';
import type { Authenticate } from './callers/authenticate.ts';
import type { Caller } from './callers/authorize.ts';
import type { BoundCheck } from './callers/bound-callers.ts';
import type { TAGS } from './openapi/parts.ts';
import type { IfMatch } from './responses/etag.ts';
import type { ServedResponse } from './responses/response.ts';
import { NoBody, NoParams, NoQuery, type RawInput, validateRequest } from './validate.ts';

/** Stands for a permission where the caller is the target of an execution, known by the token of its call. */
export const COMPLETION_TOKEN = 'completion token';

export type Method = 'get' | 'post' | 'put' | 'patch' | 'delete';

/** What every route gets to know about a request, beside its parameters and body. */
export type RouteRequest = {
  readonly scope: Scope;
  readonly context: CommandContext;
  /** The tenant to change, by what a body names. @throws DomainError FORBIDDEN where the caller may not change that one */
  readonly tenantFor: (requested: string | undefined) => Tenant;
  readonly ifMatch: IfMatch;
  /** `If-None-Match: *` was sent. */
  readonly mustBeNew: boolean;
  readonly caller: Caller;
  readonly header: (name: string) => string | undefined;
  /** Authenticates and authorizes the caller again, for a response that takes long. */
  readonly authorizeAgain: () => Promise<unknown>;
  /** The bearer token of the request. @throws DomainError NOT_AUTHENTICATED, TOKEN_REJECTED */
  readonly bearerToken: () => string;
  /** Counts the body on a tenant that only a completion token names. @throws QuotaUsedUp */
  readonly countBody: (tenant: Tenant) => void;
  /** The request's path and query, for the link to the next page. */
  readonly link: { readonly path: string; readonly query: Readonly<Record<string, unknown>> };
};

/**
 * Narrows a request's scope to one tenant.
 * @throws DomainError BAD_INPUT for all tenants
 */
export const tenantScope = ({ scope, tenantFor }: Pick<RouteRequest, 'scope' | 'tenantFor'>): TenantScope => ({
  ...scope,
  tenant: tenantFor(undefined),
});

/** What the API's description has of every route. */
type Described = {
  readonly method: Method;
  /** Path below the prefix; `:name` is a parameter. */
  readonly path: string;
  /** What programs that are generated from the API's description call it by. */
  readonly operationId: string;
  readonly summary: string;
  /** Each successful status and what it means. */
  readonly answers: Readonly<Record<number, string>>;
  /** Schema of a successful answer's body; absent: it has none. */
  readonly result?: z.ZodType;
  /** Of a body that is not JSON. */
  readonly mediaType?: string;
  /** Statuses of problems, in place of what the description has of every route. */
  readonly problems?: Readonly<Record<number, string>>;
};

/** A route that needs no token, or checks itself what the request carries: for sign-ins, documents and health. */
export type OpenRoute = Described & {
  readonly tag: keyof typeof TAGS;
  /** Replaces the sentence that it requires no token. */
  readonly description?: string;
  /** What it takes: a bearer token, or a token or session; absent: neither. */
  readonly takes?: 'bearer' | 'any';
  readonly params?: z.ZodObject;
  readonly query?: z.ZodObject;
  /** Outside of the API's prefix. */
  readonly atRoot?: true;
  /** Authenticates a request with another method. */
  readonly guard?: Authenticate | undefined;
  readonly serve: RequestHandler;
};

type Definition<P extends z.ZodType, Q extends z.ZodType, B extends z.ZodType> = Described & {
  /** Sentences of the description after that of the permission. */
  readonly details?: string;
  /** Or the token that a call carried, with which its target says how it ended. */
  readonly permission: Permission | typeof COMPLETION_TOKEN;
  /** Permissions that let the caller in too; the handler then requires the one that the request needs. */
  readonly otherPermissions?: readonly Permission[];
  /** The path names this by `:application` and `:job`: the handler finds its id as the parameter `id`. */
  readonly addresses?: 'application' | 'job';
  /** What it is about, for a caller that is bound to applications. */
  readonly bound: BoundCheck;
  /** Absent, it takes none; so do query and body. */
  readonly params?: P;
  /** Query parameters beside `tenant` and `consistency`, which every route takes. */
  readonly query?: Q;
  readonly body?: B;
  /** A POST that records nothing; it ignores `Idempotency-Key`. */
  readonly changesNothing?: true;
  /** A route that `changesNothing` and that is audited takes a reason. */
  readonly takesReason?: true;
  /** Its answer has a secret, which must not be stored: it rejects `Idempotency-Key`. */
  readonly answersSecret?: true;
  /** A GET that reads no list of the read models: its answer is never behind the log. */
  readonly readsNoList?: true;
  /** May take minutes: the limit of 12 s on a change does not apply. */
  readonly takesLong?: true;
  /** Bounds of the body where it may be larger than others. */
  readonly bounds?: BodyBounds;
  /** Schema of the body for the API's description, where the command validates it instead of `body`. */
  readonly accepts?: z.ZodType;
  /** A body for the API's description; the tests send it too. */
  readonly example?: object;
  /** Schema of each line of a successful answer that is sent line by line (NDJSON), in place of `result`. */
  readonly lines?: z.ZodType;
  /** A notice for operators: this action leaves no event in the log. */
  readonly action?: ActionNotice['action'];
  /** Headers that it takes beside those of every route. */
  readonly headers?: z.ZodObject;
  /** Takes `If-Match`. */
  readonly conditional?: true;
  /** Takes `If-None-Match: *`. */
  readonly makesNew?: true;
  readonly handle: (
    request: RouteRequest & { params: z.output<P>; query: z.output<Q>; body: z.output<B> },
  ) => Promise<ServedResponse>;
};

/** Whether it may record something. */
export const isChange = ({ method, changesNothing }: Route): boolean => method !== 'get' && changesNothing !== true;

/** Whether it is made once under an `Idempotency-Key`. That of a target is of no tenant: its token is used up once. */
export const takesKey = (route: Route): boolean => isChange(route) && route.permission !== COMPLETION_TOKEN;

export const takesBody = ({ accepts, body }: Route): boolean => accepts !== undefined || body !== NoBody;

/** Whether the caller may say why: in the header `Carillon-Reason`, or in the body where it takes one. */
export const takesReason = (route: Route): boolean => isChange(route) || route.takesReason === true;

type AnyDefinition = Definition<z.ZodType, z.ZodType, z.ZodType>;

/** A route in one record, from which requests are served and the API's description is made. */
export type Route = Required<Pick<AnyDefinition, 'params' | 'query' | 'body'>> &
  Omit<AnyDefinition, 'params' | 'query' | 'body' | 'handle'> & {
    /** @throws DomainError BAD_ID, BAD_INPUT, and the rejections of the handler */
    readonly serve: (request: RouteRequest, input: RawInput) => Promise<ServedResponse>;
  };

/** Builds a route that validates parameters, query and body before its handler runs. */
export function defineRoute<
  P extends z.ZodType = typeof NoParams,
  Q extends z.ZodType = typeof NoQuery,
  B extends z.ZodType = typeof NoBody,
>(definition: Definition<P, Q, B>): Route;
export function defineRoute({
  handle,
  params = NoParams,
  query = NoQuery,
  body = NoBody,
  ...route
}: AnyDefinition): Route {
  return {
    ...{ ...route, params, query, body },
    serve: (request, input) => {
      const { accepts } = route;
      return handle({ ...request, ...validateRequest({ params, query, body, accepts }, input) });
    },
  };
}
