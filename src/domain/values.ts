import { z } from 'zod';

/** An instant as stored and shown: ISO 8601, UTC, milliseconds. */
export const Instant = z.iso.datetime({ precision: 3 });
export type Instant = string;
/** Epoch milliseconds of an instant. */
export const toMs = (instant: Instant): number => Date.parse(instant);
/** The instant of epoch milliseconds. */
export const toInstant = (ms: number): Instant => new Date(ms).toISOString();

export const JobId = z.int().positive();
export type JobId = number;
export const ExecutionId = z.int().positive();
export type ExecutionId = number;
export const ApplicationId = z.int().positive();
export type ApplicationId = number;
export const Tenant = z.string().min(1).max(200);
export type Tenant = string;

/** A value that only the engine can open. Made by secrets/, never by hand. */
export const Sealed = z.object({
  $sealed: z.object({
    /** Generation of the application's data key. */
    generation: z.int(),
    /** base64 of nonce (12 bytes), ciphertext and tag (16 bytes), AES-256-GCM. */
    box: z.string(),
    /** Keyed hash of the clear value: equal values of one application have equal ones. */
    fingerprint: z.string(),
  }),
});
export type Sealed = z.infer<typeof Sealed>;
/** Text as it was given, or sealed. */
export const MaybeSealed = z.union([z.string(), Sealed]);
export type MaybeSealed = z.infer<typeof MaybeSealed>;
export const isSealed = (value: unknown): value is Sealed =>
  typeof value === 'object' && value !== null && Object.hasOwn(value, '$sealed');
