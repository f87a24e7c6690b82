import { z } from 'zod';
import { ApplicationId, Instant, Tenant, TokenId } from '../values.ts';

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
