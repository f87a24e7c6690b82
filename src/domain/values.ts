import { z } from 'zod';

/** Instants are in the years 1 to 9999: ISO 8601 writes these with four digits, and Postgres can store them. */
export const FIRST_INSTANT_MS = -62_135_596_800_000;
export const LAST_INSTANT_MS = 253_402_300_799_999;
const OUT_OF_RANGE = 'must be in the years 1 to 9999 (UTC)';
/** Returns whether epoch milliseconds are in these years. */
export const isInstantMs = (ms: number): boolean => ms >= FIRST_INSTANT_MS && ms <= LAST_INSTANT_MS;

/** An instant as stored and shown: ISO 8601, UTC, milliseconds. */
export const Instant = z.iso.datetime({ precision: 3 }).refine((text) => !text.startsWith('0000'), OUT_OF_RANGE);
export type Instant = string;
export const toMs = (instant: Instant): number => {
  // By the last digits of its seconds and milliseconds.
  const place = (instant.charCodeAt(22) + 10 * instant.charCodeAt(21) + instant.charCodeAt(18)) % KEPT_INSTANTS || 0;
  const kept = parsedInstants[place];
  if (kept?.instant === instant) return kept.ms;
  const ms = Date.parse(instant);
  parsedInstants[place] = { ms, instant };
  return ms;
};
/** @throws RangeError outside the years 1 to 9999 */
export const toInstant = (ms: number): Instant => {
  const place = Math.abs(ms) % KEPT_INSTANTS;
  const kept = keptInstants[place];
  if (kept?.ms === ms) return kept.instant;
  if (!isInstantMs(ms)) throw new RangeError(`${ms} ms ${OUT_OF_RANGE}`);
  const instant = new Date(ms).toISOString();
  keptInstants[place] = { ms, instant };
  return instant;
};
/** The same few instants are converted repeatedly: those of a slot, and of everything recorded together. */
const KEPT_INSTANTS = 64;
type KeptInstant = { readonly ms: number; readonly instant: Instant };
const keptInstants: KeptInstant[] = [];
const parsedInstants: KeptInstant[] = [];

/** An instant as callers write it, with any offset; the years count after its conversion to UTC. */
export const InstantInput = z.iso
  .datetime({ offset: true, abort: true, error: 'is not an ISO 8601 instant with a UTC offset' })
  .refine((text) => isInstantMs(toMs(text)), OUT_OF_RANGE)
  .transform((text) => toInstant(toMs(text)));

export const JobId = z.int().positive();
export type JobId = number;
export const ExecutionId = z.int().positive();
export type ExecutionId = number;
export const ApplicationId = z.int().positive();
export type ApplicationId = number;
export const PauseId = z.int().positive();
export type PauseId = number;
export const OperationId = z.int().positive();
export type OperationId = number;
export const TokenId = z.int().positive();
export type TokenId = number;
export const BackfillId = z.int().positive();
export type BackfillId = number;
const CONTROL = /\p{Cc}/u;
/** Whether every store keeps a name unchanged: it has no control characters and no unpaired surrogates. */
export const isPlainText = (text: string): boolean => !CONTROL.test(text) && text.isWellFormed();

/** A name, or another text of one line, of at most this many characters. */
export const plainText = (most: number) =>
  z
    .string()
    .min(1, 'must not be empty')
    .max(most)
    .refine(isPlainText, 'must not contain control characters or unpaired surrogates');

/** A text of several lines, which every store keeps unchanged. */
export const storableText = (most: number) =>
  z
    .string()
    .max(most)
    .refine((text) => !text.includes('\0') && text.isWellFormed(), 'must not contain NUL or unpaired surrogates');

/** Bidirectional controls, zero-width characters, soft hyphens, line separators and fillers. */
const INVISIBLE = /[\p{Cf}\p{Zl}\p{Zp}\u115f\u1160\u3164\uffa0]|\u034f|\u17b4|\u17b5/u;
/** Names the invisible character in a text, which makes it look like another text; `undefined` if it has none. */
export const invisibleProblem = (text: string): string | undefined => {
  const [found] = INVISIBLE.exec(text) ?? [];
  const code = found?.codePointAt(0)?.toString(16).toUpperCase().padStart(4, '0');
  return code === undefined ? undefined : `must not contain invisible characters, such as U+${code}`;
};

/** One tenant. Never `*`: that is how `?tenant=` writes `EVERY_TENANT`. */
export const Tenant = plainText(200).refine((tenant) => tenant !== '*', 'must be one tenant');
export type Tenant = string;
/** All tenants, for administrators. A symbol, so that no caller's text can equal it. */
export const EVERY_TENANT: unique symbol = Symbol('every tenant');
export type TenantChoice = Tenant | typeof EVERY_TENANT;
/** `?tenant=`: one, or `*` for every. */
export const TenantChoice = z.union([z.literal('*').transform((): TenantChoice => EVERY_TENANT), Tenant]);

export type JsonValue = z.core.util.JSONType;
const isJson = (value: unknown): value is JsonValue =>
  value !== undefined && typeof value !== 'function' && typeof value !== 'symbol' && typeof value !== 'bigint';
/** Any JSON value of a stored event. It was parsed from JSON text and is not validated again, unlike with `z.json()`. */
export const Json = z.custom<JsonValue>(isJson, 'is not a JSON value');

const holdsSealMark = (value: unknown): boolean =>
  typeof value === 'object' &&
  value !== null &&
  (Object.hasOwn(value, '$sealed') || Object.values(value).some(holdsSealMark));
/** Any JSON value as callers send it. Kept as parsed: a schema that copies it would drop the key __proto__. */
export const JsonInput = Json.refine(
  (value) => !holdsSealMark(value),
  'must not contain the name $sealed, which is reserved for sealed values',
);

/** A value that only the engine can open. Only secrets/ creates one. */
export const Sealed = z.object({
  $sealed: z.object({
    /** Generation of the application's data key. */
    generation: z.int(),
    /** base64 of nonce (12 bytes), ciphertext and tag (16 bytes), AES-256-GCM. */
    box: z.string(),
    /** Keyed hash of the clear value: equal values of one application have equal fingerprints. */
    fingerprint: z.string(),
  }),
});
export type Sealed = z.infer<typeof Sealed>;
/** Compares two sealed values by fingerprint: each sealing gives a different box. */
export const isSameSealed = (a: Sealed | undefined, b: Sealed | undefined): boolean =>
  a?.$sealed.generation === b?.$sealed.generation && a?.$sealed.fingerprint === b?.$sealed.fingerprint;
/** A text, in clear or sealed. */
export const MaybeSealed = z.union([z.string(), Sealed]);
export type MaybeSealed = z.infer<typeof MaybeSealed>;
export const isSealed = (value: unknown): value is Sealed =>
  typeof value === 'object' && value !== null && Object.hasOwn(value, '$sealed');
/** A value that a target or worker sent; as text if it, or a part of it, would be taken for a sealed one. */
export const neverSealed = (value: JsonValue): JsonValue => (holdsSealMark(value) ? JSON.stringify(value) : value);
