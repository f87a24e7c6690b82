import { z } from 'zod';
import { durationInput } from '../../duration-input.ts';
import { JsonInput } from '../../values.ts';
import { CLIENT_AUTHS, HTTP_METHODS } from './stored.ts';

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
