import { z } from 'zod';
import { FIRST_INSTANT_MS, LAST_INSTANT_MS, type Tenant, TokenId, toInstant } from '../values.ts';

export const ACTOR_TYPES = ['user', 'token', 'bootstrap', 'engine', 'system'] as const;

/** Who caused an event. Only the bootstrap sync has the type `bootstrap`, so no user can impersonate it. */
export const Actor = z.object({
  type: z.enum(ACTOR_TYPES),
  name: z.string(),
  /** Of a user: the unique `sub` of their token; absent if it equals the name. */
  sub: z.string().exactOptional(),
  /** Of a token: its id, because names are not unique. */
  tokenId: TokenId.exactOptional(),
  /** Of a token: its creator. */
  createdBy: z.string().exactOptional(),
});
export type Actor = z.infer<typeof Actor>;

/** Carillon as the actor of changes that no user requested. */
export const CARILLON: Actor = { type: 'system', name: 'carillon' };

/** Whose change it is. */
export type ChangeAuthor = { readonly tenant: Tenant; readonly actor: Actor };

/** A request for a change: whose it is, and what its events record about it. */
export type ChangeRequest = ChangeAuthor & {
  readonly correlationId: string;
  /** W3C trace context of the request. */
  readonly traceparent?: string;
  readonly reason?: string;
};

export const EventMetadata = z.object({
  actor: Actor,
  /** Shared by all events of one request or one slot. */
  correlationId: z.string(),
  /** Id of the event that caused this one. */
  causationId: z.string().optional(),
  /** The caller's reason, if given. */
  reason: z.string().optional(),
  traceparent: z.string().optional(),
  /** Readers below this level must stop at this event. Without it, a reader may skip an unknown type. */
  minReader: z.int().optional(),
  /** When the event was first recorded, epoch ms; only in a copied log. */
  recordedAt: z.int().min(FIRST_INSTANT_MS).max(LAST_INSTANT_MS).optional(),
  /** Position of this event in the original log; only in a copy. */
  copiedFrom: z.string().optional(),
});
export type EventMetadata = z.infer<typeof EventMetadata>;

/** Reserved for actors that are no users. Invisible format characters are removed before the match. */
const OF_NO_USER = /^(?:(?:bootstrap|token|user):|\s*(?:carillon|target)\s*$)/i;

/**
 * Formats an actor: `bootstrap:<name>` for the sync, `token:<name>` for an API token, otherwise the plain name. A user name
 * that resembles another kind of actor becomes `user:<name>`, so that no user can impersonate it.
 */
export const actorName = ({ type, name }: Actor): string => {
  if (type === 'bootstrap' || type === 'token') return `${type}:${name}`;
  const readsLikeAnother = type === 'user' && OF_NO_USER.test(name.normalize('NFKC').replaceAll(/\p{Cf}/gu, ''));
  return readsLikeAnother ? `user:${name}` : name;
};

/**
 * The fields of a resource that state when it changed, and by whom.
 * @param owner the bootstrap files that own it then, if not the actor
 */
export const changedBy = (actor: Actor, nowMs: number, owner = actorName(actor)) => ({
  updatedAt: toInstant(nowMs),
  updatedBy: owner,
});

/** The same fields of a new resource, with those of its creation. */
export const createdBy = (actor: Actor, nowMs: number) => {
  const { updatedAt, updatedBy } = changedBy(actor, nowMs);
  return { createdAt: updatedAt, createdBy: updatedBy, updatedAt, updatedBy };
};
