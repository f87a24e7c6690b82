import { z } from 'zod';
import { ApplicationId, Instant, Tenant, TokenId } from '../values.ts';
import { Actor } from './metadata.ts';

/** The erasure of a tenant: everything of it is deleted by the ordinary commands, and no command of it is accepted. */
export const TenantErasure = z.object({
  tenant: Tenant,
  reason: z.string().exactOptional(),
  /** Every change that the erasure makes is recorded under it, as made by `createdBy`. */
  correlationId: z.string(),
  createdBy: Actor,
  createdAt: Instant,
  /** Absent while it is carried out. */
  erasedAt: Instant.exactOptional(),
  /** How many things it ended, by the operation of the API that ends one; absent while it is carried out. */
  counts: z.record(z.string(), z.int()).exactOptional(),
});
export type TenantErasure = z.infer<typeof TenantErasure>;

/** Each carries the erasure after the change. */
export const TenantErasureRequested = z.object({ type: z.literal('TenantErasureRequested'), data: TenantErasure });
/** Nothing of the tenant is left. */
export const TenantErased = z.object({ type: z.literal('TenantErased'), data: TenantErasure });

export const TenantEvent = z.discriminatedUnion('type', [TenantErasureRequested, TenantErased]);
export type TenantEvent = z.infer<typeof TenantEvent>;

/** Which sessions of one caller have ended before their time. */
export const EndedSessions = z.object({
  tenant: Tenant,
  /** The `sub` of the user, or the id of the API token, that somebody signed in with. */
  callerId: z.union([z.string(), TokenId]),
  /** All that began until then. */
  signedInUntil: Instant.exactOptional(),
  /** Of the later ones, those that somebody signed out of and that would go on still. */
  signedOut: z.array(z.object({ sessionId: z.string(), signedInAt: Instant, expiresAt: Instant })),
});
export type EndedSessions = z.infer<typeof EndedSessions>;

/** Somebody signed out. Each carries all that has ended. */
export const SessionEnded = z.object({ type: z.literal('SessionEnded'), data: EndedSessions });
/** An administrator ended all sessions of a user. */
export const SessionsEnded = z.object({ type: z.literal('SessionsEnded'), data: EndedSessions });

export const SessionEvent = z.discriminatedUnion('type', [SessionEnded, SessionsEnded]);
export type SessionEvent = z.infer<typeof SessionEvent>;

/** A token with which a program calls the API. Its secret is not recorded. */
export const ApiToken = z.object({
  tokenId: TokenId,
  /** Whose data it opens. */
  tenant: Tenant,
  /** Who the history says made its changes. */
  name: z.string(),
  permissions: z.array(z.string()),
  /** The applications that it is bound to; absent: all of the tenant. */
  applications: z.array(ApplicationId).exactOptional(),
  /** SHA-256 of the secret, hexadecimal. */
  secretHash: z.string(),
  createdAt: Instant,
  createdBy: z.string(),
  /** Absent: it does not expire. */
  expiresAt: Instant.exactOptional(),
  revokedAt: Instant.exactOptional(),
  revokedBy: z.string().exactOptional(),
});
export type ApiToken = z.infer<typeof ApiToken>;

/** Each carries the token after the change. */
export const TokenCreated = z.object({ type: z.literal('TokenCreated'), data: ApiToken });
export const TokenRevoked = z.object({ type: z.literal('TokenRevoked'), data: ApiToken });

export const TokenEvent = z.discriminatedUnion('type', [TokenCreated, TokenRevoked]);
export type TokenEvent = z.infer<typeof TokenEvent>;

/** Whose stream of rejections it is in; absent: the installation's, as nobody knows who asked. */
const ofTenant = { tenant: Tenant.exactOptional() };

/**
 * Requests of one kind and one source that were rejected in one minute, counted since they were last recorded; where there
 * were too many kinds, those of one code and operation, with what else they share.
 */
export const RequestsRejected = z.object({
  type: z.literal('RequestsRejected'),
  data: z.object({
    ...ofTenant,
    code: z.string(),
    /** The operation of the API that was asked for; absent where it is none. */
    action: z.string().exactOptional(),
    /** The path of the first one; of a known caller only. */
    path: z.string().exactOptional(),
    actor: z.string().exactOptional(),
    /** The address that they came from, as the process saw it. */
    from: z.string().exactOptional(),
    minute: Instant,
    count: z.int().positive(),
    /** When the last of them was rejected. */
    lastAt: Instant,
    /** Of the first one. */
    requestId: z.string(),
  }),
});

/** Rejections before this instant are kept no longer. */
export const RejectionsTruncated = z.object({
  type: z.literal('RejectionsTruncated'),
  data: z.object({ ...ofTenant, before: Instant }),
});

export const RejectionEvent = z.discriminatedUnion('type', [RequestsRejected, RejectionsTruncated]);
export type RejectionEvent = z.infer<typeof RejectionEvent>;
