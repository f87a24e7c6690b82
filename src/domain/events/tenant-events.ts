import { z } from 'zod';
import { ApplicationId, Instant, JobId, Tenant, TokenId } from '../values.ts';
import { Actor } from './metadata.ts';

/** Erasure of a tenant: ordinary commands delete all its data, and its own commands are rejected. */
export const TenantErasure = z.object({
  tenant: Tenant,
  reason: z.string().exactOptional(),
  /** Correlation id of every change of the erasure; `createdBy` is their actor. */
  correlationId: z.string(),
  createdBy: Actor,
  createdAt: Instant,
  /** Absent while the erasure runs. */
  erasedAt: Instant.exactOptional(),
  /** Number of erased resources by the API operation that deletes them; absent while the erasure runs. */
  counts: z.record(z.string(), z.int()).exactOptional(),
});
export type TenantErasure = z.infer<typeof TenantErasure>;

/** Each carries the erasure after the change. */
export const TenantErasureRequested = z.object({ type: z.literal('TenantErasureRequested'), data: TenantErasure });
export const TenantErased = z.object({ type: z.literal('TenantErased'), data: TenantErasure });

export const TenantEvent = z.discriminatedUnion('type', [TenantErasureRequested, TenantErased]);
export type TenantEvent = z.infer<typeof TenantEvent>;

/** Sessions of one caller that were ended before they expired. */
export const EndedSessions = z.object({
  tenant: Tenant,
  /** The `sub` of the user, or the id of the API token, that signed in. */
  callerId: z.union([z.string(), TokenId]),
  /** All sessions that began until then have ended. */
  signedInUntil: Instant.exactOptional(),
  /** Later sessions that were signed out and have not expired yet. */
  signedOut: z.array(z.object({ sessionId: z.string(), signedInAt: Instant, expiresAt: Instant })),
});
export type EndedSessions = z.infer<typeof EndedSessions>;

/** A session was signed out. Each event carries all ended sessions. */
export const SessionEnded = z.object({ type: z.literal('SessionEnded'), data: EndedSessions });
/** An administrator ended all sessions of a user. */
export const SessionsEnded = z.object({ type: z.literal('SessionsEnded'), data: EndedSessions });

export const SessionEvent = z.discriminatedUnion('type', [SessionEnded, SessionsEnded]);
export type SessionEvent = z.infer<typeof SessionEvent>;

/** A token with which a program calls the API. Its secret is not recorded. */
export const ApiToken = z.object({
  tokenId: TokenId,
  tenant: Tenant,
  /** Name of the actor in the history of its changes. */
  name: z.string(),
  permissions: z.array(z.string()),
  /** Applications that it is limited to; if absent, all of the tenant. */
  applications: z.array(ApplicationId).exactOptional(),
  /** Queues that it is limited to, such as `4/reports`, by the id of the application. */
  queues: z.array(z.string()).exactOptional(),
  /** SHA-256 of the secret, hexadecimal. */
  secretHash: z.string(),
  createdAt: Instant,
  createdBy: z.string(),
  /** If absent, the token does not expire. */
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

/** A user takes on a job that needs attention. It covers the problem that the job had at that time, not later ones. */
export const Acknowledgement = z.object({
  jobId: JobId,
  tenant: Tenant,
  applicationId: ApplicationId,
  /** Who takes care of it. */
  owner: z.string(),
  note: z.string().exactOptional(),
  /** The job needs attention again from then on; if absent, until its next problem. */
  until: Instant.exactOptional(),
  acknowledgedAt: Instant,
  acknowledgedBy: z.string(),
});
export type Acknowledgement = z.infer<typeof Acknowledgement>;

/** Each carries the acknowledgement after the change; an ended one has its last state, without the note. */
export const JobAcknowledged = z.object({ type: z.literal('JobAcknowledged'), data: Acknowledgement });
export const AcknowledgementEnded = z.object({ type: z.literal('AcknowledgementEnded'), data: Acknowledgement });

export const AcknowledgementEvent = z.discriminatedUnion('type', [JobAcknowledged, AcknowledgementEnded]);
export type AcknowledgementEvent = z.infer<typeof AcknowledgementEvent>;

/** The saved views of a tenant: names for filters of the list of jobs. */
export const SavedViews = z.object({
  tenant: Tenant,
  /** Name of the view that was changed. */
  name: z.string(),
  /** All of them, by name. */
  views: z.array(z.object({ name: z.string(), query: z.string(), updatedAt: Instant, updatedBy: z.string() })),
});
export type SavedViews = z.infer<typeof SavedViews>;

/** Each carries all views after the change. */
export const ViewSaved = z.object({ type: z.literal('ViewSaved'), data: SavedViews });
export const ViewDeleted = z.object({ type: z.literal('ViewDeleted'), data: SavedViews });

export const SavedViewEvent = z.discriminatedUnion('type', [ViewSaved, ViewDeleted]);
export type SavedViewEvent = z.infer<typeof SavedViewEvent>;

/** Tenant whose stream of rejections it is in; if absent, the installation's, because the caller is unknown. */
const ofTenant = { tenant: Tenant.exactOptional() };

/**
 * Rejected requests of one kind and source in one minute, counted since they were last recorded. If there are too many
 * kinds, they are grouped by code and operation, with the other fields that they share.
 */
export const RequestsRejected = z.object({
  type: z.literal('RequestsRejected'),
  data: z.object({
    ...ofTenant,
    code: z.string(),
    /** The requested API operation; absent if there is none. */
    action: z.string().exactOptional(),
    /** Path of the first request; only of a known caller. */
    path: z.string().exactOptional(),
    actor: z.string().exactOptional(),
    /** Client address as the process saw it. */
    from: z.string().exactOptional(),
    minute: Instant,
    count: z.int().positive(),
    lastAt: Instant,
    /** Of the first request. */
    requestId: z.string(),
  }),
});

/** Rejections before this instant are deleted. */
export const RejectionsTruncated = z.object({
  type: z.literal('RejectionsTruncated'),
  data: z.object({ ...ofTenant, before: Instant }),
});

export const RejectionEvent = z.discriminatedUnion('type', [RequestsRejected, RejectionsTruncated]);
export type RejectionEvent = z.infer<typeof RejectionEvent>;
