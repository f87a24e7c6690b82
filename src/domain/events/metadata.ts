import { z } from 'zod';
import { FIRST_INSTANT_MS, LAST_INSTANT_MS, TokenId } from '../values.ts';

export const ACTOR_TYPES = ['user', 'token', 'bootstrap', 'engine', 'system'] as const;

/** Who caused an event. Only the bootstrap sync has the type `bootstrap`, so no user can pass for it. */
export const Actor = z.object({
  type: z.enum(ACTOR_TYPES),
  name: z.string(),
  /** Of a token: which one, as several may have a name. */
  tokenId: TokenId.exactOptional(),
  /** Of a token: who created it. */
  createdBy: z.string().exactOptional(),
});
export type Actor = z.infer<typeof Actor>;

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

const SYNC = 'bootstrap:';
const TOKEN = 'token:';

/**
 * The actor in one text: `bootstrap:<name>` for the sync, `token:<name>` for an API token, the plain name for everybody
 * else. A user whose name reads like one of these is shown as `user:bootstrap:…` or `user:token:…`, so that nobody can
 * pass for them.
 */
export const actorName = ({ type, name }: Actor): string => {
  if (type === 'bootstrap') return `${SYNC}${name}`;
  if (type === 'token') return `${TOKEN}${name}`;
  return name.startsWith(SYNC) || name.startsWith(TOKEN) ? `${type}:${name}` : name;
};
