import { z } from 'zod';

/** The fields of a request that a job or a hook makes, as callers send them. */

export const CONTROL = /\p{Cc}/u;
const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
/** Visible text, spaces and tabs: anything else could end the header early. */
const HEADER_VALUE = /^[\t\x20-\x7e\xa0-\xff]*$/;

export const headerName = z.string().max(256).regex(HEADER_NAME, 'is not a header name');
export const headerValue = z
  .string()
  .max(8_192)
  .regex(HEADER_VALUE, 'must not contain control characters or characters beyond Latin-1');

export const urlText = z
  .string()
  .min(1)
  .max(8_192)
  .refine((text) => !CONTROL.test(text), 'must not contain control characters');

/** A call that tells of the end of an execution. */
export const HookInput = z
  .strictObject({ url: urlText, headers: z.record(headerName, headerValue).optional() })
  .meta({ id: 'Hook', description: 'POSTs the execution that has ended to this URL; headers name secrets' });
