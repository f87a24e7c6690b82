import { z } from 'zod';
import { Duration } from '../../duration-input.ts';
import { Json, type JsonValue, MaybeSealed, Sealed } from '../../values.ts';

export const HTTP_TASK = 'HttpInvokerTask' as const;

export const HTTP_METHODS = ['GET', 'POST', 'HEAD', 'PUT', 'DELETE', 'PATCH'] as const;

/** Where a client identifies itself to the token endpoint: the header `Authorization` or the body (RFC 6749, 2.3.1). */
export const CLIENT_AUTHS = ['basic', 'body'] as const;

/** The non-secret OAuth2 client credentials. */
export const OAuth2Fields = z.object({
  authMethod: z.literal('oauth2'),
  tokenUrl: z.string(),
  clientId: z.string(),
  scope: z.string().optional(),
  audience: z.string().optional(),
  /** If absent, `basic`. */
  clientAuth: z.enum(CLIENT_AUTHS).optional(),
});
export type OAuth2Fields = z.infer<typeof OAuth2Fields>;

const authWith = <Secret extends z.ZodType>(secret: Secret) =>
  z.discriminatedUnion('authMethod', [
    z.object({ authMethod: z.literal('bearer'), token: secret }),
    z.object({ authMethod: z.literal('basic'), username: z.string(), password: secret }),
    OAuth2Fields.extend({ clientSecret: secret }),
  ]);

/** The request of a task: to `endpoint` and `path`, or to one `url`, stored as given. */
export const HttpConfig = z.object({
  endpoint: z.string().optional(),
  path: z.string().optional(),
  url: z.string().optional(),
  method: z.enum(HTTP_METHODS),
  /** Any JSON value; for a confidential job, its sealed JSON text. */
  body: z.union([Sealed, Json]).optional(),
  headers: z.record(z.string(), MaybeSealed).optional(),
  auth: authWith(MaybeSealed).optional(),
  timeout: Duration.optional(),
  /** Statuses that count as success beside 2xx. */
  successStatus: z.array(z.int()).optional(),
});
export type HttpConfig = z.infer<typeof HttpConfig>;

export type HttpAuth<Secret> =
  | { readonly authMethod: 'bearer'; readonly token: Secret }
  | { readonly authMethod: 'basic'; readonly username: string; readonly password: Secret }
  | (OAuth2Fields & { readonly clientSecret: Secret });

/** A configuration, generic in the form of its sensitive texts and its body. */
export type HttpTask<Secret, Body> = Omit<HttpConfig, 'headers' | 'auth' | 'body'> & {
  readonly headers?: Readonly<Record<string, Secret>> | undefined;
  readonly auth?: HttpAuth<Secret> | undefined;
  readonly body?: Body | undefined;
  /** Query of one run; moved into the URL when it is opened. */
  readonly sealedQuery?: Readonly<Record<string, Secret>> | undefined;
};
/** The configuration with a run's input applied. */
export type HttpRunTask = HttpTask<MaybeSealed, Sealed | JsonValue>;

/** The same as JSON Schema can express it: with these schemas of a value that may be sealed, and of any JSON. */
export const httpConfigWith = <Secret extends z.ZodType, Body extends z.ZodType>(secret: Secret, body: Body) =>
  HttpConfig.extend({
    body: body.optional(),
    headers: z.record(z.string(), secret).optional(),
    auth: authWith(secret).optional(),
  });

/** The request that was sent, without secrets: the values of headers and body are masked, their shape is kept. */
export const HttpSnapshot = z.object({
  method: z.string(),
  url: z.string(),
  headers: z.record(z.string(), z.string()),
  body: Json.optional(),
  /** Number of headers and parameters omitted because of their size. */
  omitted: z.object({ headers: z.int(), resolvedParameters: z.int() }).optional(),
});

export const HttpResult = z.object({
  status: z.int(),
  headers: z.record(z.string(), z.string()),
  /** Parsed if the response is JSON, otherwise text; null without a body. For a confidential job, its sealed JSON text. */
  data: z.union([Sealed, Json]),
  truncated: z.boolean(),
});
export type HttpResult = z.infer<typeof HttpResult>;
