import { z } from 'zod';

const LONGEST_VALUE_BYTES = 8_192;

/** The name of a variable or a secret. */
export const ValueName = z
  .string()
  .regex(/^[A-Za-z_][A-Za-z0-9_]{0,63}$/, 'must be 1 to 64 letters, digits or underscores, and not begin with a digit');

export const ValueText = z
  .string()
  .refine((text) => Buffer.byteLength(text) <= LONGEST_VALUE_BYTES, `at most ${LONGEST_VALUE_BYTES} bytes`);

/** Set by the server and ignored, so that a caller can PUT what it got by GET. */
export const serverSet = z
  .strictObject({ name: z.unknown(), updatedAt: z.unknown(), updatedBy: z.unknown() })
  .partial().shape;

/** The origin of a target, as a URL without a path. */
export const Origin = z
  .string()
  .max(300)
  .transform((text, context) => {
    const url = URL.parse(text);
    if (url !== null && /^https?:$/.test(url.protocol) && url.href === `${url.origin}/`) return url.origin;
    context.addIssue('must be an origin such as https://api.example.com, without a path');
    return z.NEVER;
  });
