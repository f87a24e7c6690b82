import { z } from 'zod';
import { durationInput } from '../../duration-input.ts';
import type { SensitiveNames } from '../../redaction/mask.ts';
import { namesOfTarget, staticOrigin, type TargetAddress } from '../../targets/target-url.ts';
import { JsonInput, type JsonValue } from '../../values.ts';
import { type Field, fieldsOf, type TaskKind } from '../kind.ts';
import {
  CLIENT_AUTHS,
  HTTP_METHODS,
  HTTP_TASK,
  type HttpConfig,
  type HttpRunTask,
  type HttpTask,
  type OAuth2Fields,
} from './stored.ts';

/** The fields of a request that a job or a hook makes, as callers send them. */

const CONTROL = /\p{Cc}/u;
const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
/** Visible text, spaces and tabs: anything else could end the header early. */
const HEADER_VALUE = /^[\t\x20-\x7e\xa0-\xff]*$/;

const headerName = z.string().max(256).regex(HEADER_NAME, 'is not a header name');
const headerValue = z
  .string()
  .max(8_192)
  .regex(HEADER_VALUE, 'must not contain control characters or characters beyond Latin-1');

const urlText = z
  .string()
  .min(1)
  .max(8_192)
  .refine((text) => !CONTROL.test(text), 'must not contain control characters');

/** A call that reports the end of an execution. */
export const HookInput = z
  .strictObject({ url: urlText, headers: z.record(headerName, headerValue).optional() })
  .meta({ id: 'Hook', description: 'Sends the ended execution to this URL with POST; headers refer to secrets' });

/** Sent in place of a secret to keep the stored one. */
const Kept = z.strictObject({ sealed: z.literal(true) });
const secretText = z
  .string()
  .min(1)
  .max(8_192)
  .refine((text) => !CONTROL.test(text), 'must not contain control characters');
const Secret = z.union([secretText, Kept]);

/** A field of a request for an access token. */
const grantText = z
  .string()
  .min(1)
  .max(1_024)
  .refine((text) => !CONTROL.test(text) && text.isWellFormed(), 'must not contain control characters');

const AuthInput = z.discriminatedUnion('authMethod', [
  z.strictObject({ authMethod: z.literal('bearer'), token: Secret }),
  z.strictObject({
    authMethod: z.literal('basic'),
    username: z
      .string()
      .max(1_024)
      .refine((name) => !name.includes(':') && !CONTROL.test(name), 'must not contain a colon or control characters'),
    password: Secret,
  }),
  z.strictObject({
    authMethod: z.literal('oauth2'),
    tokenUrl: urlText,
    clientId: grantText,
    clientSecret: Secret,
    scope: grantText.optional(),
    audience: grantText.optional(),
    clientAuth: z.enum(CLIENT_AUTHS).optional(),
  }),
]);

/** Runs even if a field is invalid, so that all errors of a request are reported together. */
const isFields = ({ value }: z.core.ParsePayload): boolean => typeof value === 'object' && value !== null;

/** The configuration of a task, as callers send it. */
export const HttpInput = z
  .strictObject({
    endpoint: urlText.optional(),
    path: urlText.or(z.literal('')).optional(),
    url: urlText.optional(),
    method: z.enum(HTTP_METHODS),
    body: JsonInput.optional(),
    headers: z.record(headerName, z.union([headerValue, Kept])).optional(),
    auth: AuthInput.optional(),
    timeout: durationInput({ least: '1ms', most: '30m' }).optional(),
    successStatus: z.array(z.int().min(200).max(599)).max(100).optional(),
  })
  .refine(({ endpoint, path, url }) => url === undefined || (endpoint === undefined && path === undefined), {
    ...{ path: ['url'], error: 'cannot be combined with endpoint and path: give one or the other' },
    when: isFields,
  })
  .refine(({ endpoint, url }) => url !== undefined || endpoint !== undefined, {
    ...{ path: ['endpoint'], error: 'is required with path, unless url is given' },
    when: isFields,
  })
  .refine(({ endpoint, path, url }) => url !== undefined || endpoint === undefined || path !== undefined, {
    ...{ path: ['path'], error: 'is required with endpoint' },
    when: isFields,
  })
  .meta({ id: 'TaskInput' });
export type HttpInput = z.infer<typeof HttpInput>;

/** A configuration with its secrets in clear; only the engine has one. */
export type ClearHttpTask = HttpTask<string, JsonValue>;
/** OAuth2 client credentials, in clear text. */
export type ClearClient = OAuth2Fields & { readonly clientSecret: string };

const plain = { holds: 'text', sealed: 'never', boundTo: ['target'] } as const satisfies Field;
const secret = { ...plain, sealed: 'always' } as const satisfies Field;
/** The token URL receives the client's full credentials; the target receives the access token. */
const ofClient = { ...plain, boundTo: ['tokenUrl', 'target'] } as const satisfies Field;

// biome-ignore lint/suspicious/noControlCharactersInRegex: these characters would end or break a header
const HEADER_CONTROL = /[\u0000-\u0008\u000a-\u001f\u007f-\u009f]/;
const BREAKS_HEADER = 'the inserted value contains control characters, which a header cannot contain';

/** Sensitive query parameters of one run. */
export const QUERY_OF_RUN = { ...secret, holds: 'texts' } as const satisfies Field;

const FIELDS = fieldsOf({
  '/url': { ...plain, leadsTo: 'target' },
  '/endpoint': { ...plain, leadsTo: 'target' },
  '/path': plain,
  '/headers': {
    ...plain,
    holds: 'texts',
    sealed: 'byName',
    breaks: { by: HEADER_CONTROL, part: 'header', why: BREAKS_HEADER },
  },
  '/auth/token': secret,
  '/auth/username': plain,
  '/auth/password': secret,
  '/auth/tokenUrl': { ...ofClient, leadsTo: 'tokenUrl' },
  '/auth/clientId': ofClient,
  '/auth/clientSecret': { ...ofClient, sealed: 'always' },
  '/auth/scope': ofClient,
  '/auth/audience': ofClient,
  '/body': { ...plain, holds: 'json', sealed: 'ifConfidential' },
  '/sealedQuery': QUERY_OF_RUN,
});

/** The part of a header that a target may echo: the part after the scheme, or each cookie. */
const ofHeader = (name: string, value: string): string[] =>
  name.toLowerCase() === 'cookie'
    ? value.split(';').map((pair) => pair.slice(pair.indexOf('=') + 1).trim())
    : [value.slice(value.indexOf(' ') + 1)];

/** A client's id and secret before they are base64-encoded in the header `Authorization` (RFC 6749, 2.3.1). */
export const clientCredentials = ({ clientId, clientSecret }: ClearClient): string =>
  `${formEncoded(clientId)}:${formEncoded(clientSecret)}`;

const formEncoded = (text: string): string => new URLSearchParams([['', text]]).toString().slice(1);

const ofAuth = (auth: ClearHttpTask['auth']): string[] => {
  switch (auth?.authMethod) {
    case undefined:
    case 'bearer':
      return [];
    case 'basic':
      return [`${auth.username}:${auth.password}`];
    case 'oauth2':
      return [`${auth.clientId}:${auth.clientSecret}`, clientCredentials(auth)];
  }
};

/** The fields shown in the one-line form of a request. */
type HttpLine = TargetAddress & { readonly method: HttpConfig['method'] };

export const httpKind = {
  type: HTTP_TASK,
  delivery: 'called',
  fields: FIELDS,
  originOf: (url) => staticOrigin({ url }),
  target: (task: HttpRunTask) => staticOrigin(task),
  targetNames: (task: HttpRunTask) => namesOfTarget(task),
  line: ({ method, url, endpoint = '', path = '' }: HttpLine) => `${method} ${url ?? `${endpoint}${path}`}`,
  secretForms: ({ auth, headers = {} }: ClearHttpTask, names: SensitiveNames) => [
    ...ofAuth(auth),
    ...Object.entries(headers).flatMap(([name, value]) => (names.header(name) ? ofHeader(name, value) : [])),
  ],
} satisfies TaskKind<HttpRunTask, ClearHttpTask, HttpLine>;
