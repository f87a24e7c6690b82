import { z } from 'zod';
import { FIRST_INSTANT_MS, LAST_INSTANT_MS, TokenId } from '../values.ts';

export const ACTOR_TYPES = ['user', 'token', 'bootstrap', 'engine', 'system'] as const;

/** Who caused an event. Only the bootstrap sync has the type `bootstrap`, so no user can pass for it. */
export const Actor = z.object({
  type: z.enum(ACTOR_TYPES),
  name: z.string(),
  /** Of a user: the `sub` of their token, which no other user has; absent where the name says it. */
  sub: z.string().exactOptional(),
  /** Of a token: which one, as several may have a name. */
  tokenId: TokenId.exactOptional(),
  /** Of a token: who created it. */
  createdBy: z.string().exactOptional(),
});
export type Actor = z.infer<typeof Actor>;

/** Carillon itself, as the actor of what no user asked for. */
export const CARILLON: Actor = { type: 'system', name: 'carillon' };

export const EventMetadata = z.object({
  actor: Actor,
  /** Shared by all events of one request or one slot. */
  correlationId: z.string(),
  /** Id of the event that led to this one. */
  causationId: z.string().optional(),
  /** The caller's reason, if it gave one. */
  reason: z.string().optional(),
  traceparent: z.string().optional(),
  /** A reader below this level must stop at this event; without it, a reader may skip a type that it does not know. */
  minReader: z.int().optional(),
  /** When the event was first recorded, epoch milliseconds; only in a log that was copied from another. */
  recordedAt: z.int().min(FIRST_INSTANT_MS).max(LAST_INSTANT_MS).optional(),
  /** Position in the log that this event was copied from; only in a copy. */
  copiedFrom: z.string().optional(),
});
export type EventMetadata = z.infer<typeof EventMetadata>;

/** What acts without being a user reads so; format characters, which nobody sees, are taken out before. */
const OF_NO_USER = /^(?:(?:bootstrap|token|user):|\s*(?:carillon|target)\s*$)/i;

/**
 * The actor in one text: `bootstrap:<name>` for the sync, `token:<name>` for an API token, the plain name for everybody
 * else. A user whose name reads like another actor's is shown as `user:<name>`, so that nobody can pass for that one.
 */
export const actorName = ({ type, name }: Actor): string => {
  if (type === 'bootstrap' || type === 'token') return `${type}:${name}`;
  const readsLikeAnother = type === 'user' && OF_NO_USER.test(name.normalize('NFKC').replaceAll(/\p{Cf}/gu, ''));
  return readsLikeAnother ? `user:${name}` : name;
};
