import { z } from 'zod';
import { ACTOR_TYPES, type Actor, type EventMetadata } from '../domain/events/index.ts';

/** The part of the metadata that decides how the rest of the event is read. */
export const Envelope = z.object({
  v: z.int().positive().default(1),
  minReader: z.int().optional(),
  sum: z.int().optional().catch(undefined),
});

type UsualMetadata = { readonly envelope: z.infer<typeof Envelope>; readonly metadata: EventMetadata };

const TYPES: ReadonlySet<unknown> = new Set(ACTOR_TYPES);
const isType = (value: unknown): value is Actor['type'] => TYPES.has(value);
const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null;

/**
 * Reads metadata as nearly all events have it: an actor with a type and a name, a correlation id, a version and a sum,
 * and perhaps a reason. It gives what the schemas give of the same, and takes a sixth of their time; undefined for any
 * other metadata, which is for the schemas.
 */
export const defaultMetadata = (stored: unknown): UsualMetadata | undefined => {
  if (!isRecord(stored)) return undefined;
  const { actor, correlationId, reason, v, sum, ...others } = stored;
  if (typeof correlationId !== 'string' || !isRecord(actor)) return undefined;
  if (!Number.isSafeInteger(v) || !Number.isSafeInteger(sum) || !(Number(v) > 0)) return undefined;
  if (reason !== undefined && typeof reason !== 'string') return undefined;
  for (const _ in others) return undefined;
  const { type, name, ...ofActor } = actor;
  if (!isType(type) || typeof name !== 'string') return undefined;
  for (const _ in ofActor) return undefined;
  return {
    envelope: { v: Number(v), sum: Number(sum) },
    metadata: { actor: { type, name }, correlationId, ...(reason === undefined ? {} : { reason }) },
  };
};
