import type { z } from 'zod';
import type { CommandContext } from '../commands/port.ts';
import type { Tenant } from '../domain/values.ts';
import type { Scope } from '../projections/queries/port.ts';
import type { ActionNotice } from '../telemetry/notices.ts';
import type { Answer } from './answer.ts';
import type { Permission } from './authorize.ts';
import type { IfMatch } from './etag.ts';
import type { BodyBounds } from './read-body.ts';
import { validate, validateFit } from './validate.ts';

export type Method = 'get' | 'post' | 'put' | 'delete';

/** What every route is told of a request. */
export type RouteRequest = {
  readonly scope: Scope;
  readonly context: CommandContext;
  /** The tenant that a body may name; refuses one that is not the caller's to change. */
  readonly tenantFor: (asked: string | undefined) => Tenant;
  readonly ifMatch: IfMatch;
  /** Whether who asks may do everything. */
  readonly isAdministrator: boolean;
  /** Path and query as asked, for links to further pages. */
  readonly link: { readonly path: string; readonly query: Readonly<Record<string, unknown>> };
};

/** A request as it came over the edge. */
export type RawInput = { readonly params: unknown; readonly query: unknown; readonly body: unknown };

type Definition<P extends z.ZodType, Q extends z.ZodType, B extends z.ZodType> = {
  readonly method: Method;
  /** Below the prefix; `:name` for a parameter. */
  readonly path: string;
  readonly summary: string;
  readonly permission: Permission;
  readonly params: P;
  /** Beside `tenant` and `consistency`, which every route takes. */
  readonly query: Q;
  readonly body: B;
  /** Of a route that is asked by POST and records nothing: an `Idempotency-Key` means nothing to it. */
  readonly changesNothing?: true;
  /** Of one that does so much that it may take minutes. */
  readonly takesLong?: true;
  /** Where it may be larger than other bodies. */
  readonly bounds?: BodyBounds;
  /** What the command takes, where `body` leaves that to it. */
  readonly accepts?: z.ZodType;
  /** A body that is accepted, ids and names aside. */
  readonly example?: object;
  /** Body of a successful answer; absent, there is none. */
  readonly result?: z.ZodType;
  /** Told to whoever guards the installation, since it is no event of the log. */
  readonly action?: ActionNotice['action'];
  /** Takes `If-Match`. */
  readonly conditional?: true;
  /** What each status of an answer means; problems aside. */
  readonly answers: Readonly<Record<number, string>>;
  readonly handle: (
    request: RouteRequest & { params: z.output<P>; query: z.output<Q>; body: z.output<B> },
  ) => Promise<Answer>;
};

/** A route, told whole in one record: what serves requests and what describes the API read the same. */
export type Route = Omit<Definition<z.ZodType, z.ZodType, z.ZodType>, 'handle'> & {
  /** @throws Refusal BAD_ID, BAD_INPUT and what the handler refuses */
  readonly serve: (asked: RouteRequest, input: RawInput) => Promise<Answer>;
};

export const defineRoute = <P extends z.ZodType, Q extends z.ZodType, B extends z.ZodType>({
  handle,
  ...route
}: Definition<P, Q, B>): Route => ({
  ...route,
  serve: (asked, input) =>
    handle({
      ...asked,
      params: validate('BAD_ID', route.params, input.params),
      query: validate('BAD_INPUT', route.query, input.query),
      body: validateFit('BAD_INPUT', route.body, input.body),
    }),
});
