import { z } from 'zod';

const LONGEST_VALUE_BYTES = 8_192;

const name = z
  .string()
  .regex(/^[A-Za-z_][A-Za-z0-9_]{0,63}$/, 'must be 1 to 64 letters, digits or underscores, and not begin with a digit');

/** `T` is reserved: `${T:…}` is a time. */
const variableName = name.refine((text) => text !== 'T', 'T stands for the time: choose another name');
/** `erase` is reserved: its path is the command that erases all secrets. */
const secretName = name.refine((text) => text !== 'erase', 'erase is a command: choose another name');

export const VariableNamed = z.strictObject({ name: variableName });
export const SecretNamed = z.strictObject({ name: secretName });

const valueText = z
  .string()
  .refine((text) => Buffer.byteLength(text) <= LONGEST_VALUE_BYTES, `at most ${LONGEST_VALUE_BYTES} bytes`);

/** Set by the server and ignored, so that a caller can PUT what it got by GET. */
export const serverSet = z
  .strictObject({ name: z.unknown(), updatedAt: z.unknown(), updatedBy: z.unknown() })
  .partial().shape;

export const SetVariable = z.strictObject({ ...serverSet, value: valueText });

const MOST_ORIGINS = 20;
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

export const SetSecret = z.strictObject({
  ...serverSet,
  value: valueText.min(1, 'must not be empty'),
  /** Left out, the stored ones stay; null removes them. */
  allowedOrigins: z.array(Origin).min(1, 'must name at least one origin').max(MOST_ORIGINS).nullable().optional(),
  /** Whether it signs the application's calls. Left out, that stays as it is. */
  signing: z.boolean().optional(),
});
