import { z } from 'zod';
import type { ApiToken } from '../../../domain/events/index.ts';
import { PERMISSIONS } from '../../../domain/permissions.ts';
import { Instant } from '../../../domain/values.ts';

/** An API token in the API: without its secret or the hash of that. */
export const TokenView = z
  .object({
    id: z.int(),
    name: z.string(),
    permissions: z.array(z.string()).meta({ description: `Of ${PERMISSIONS.join(', ')}` }),
    applications: z
      .array(z.int())
      .optional()
      .meta({ description: 'The applications that it is limited to; absent: no limit' }),
    queues: z
      .array(z.string())
      .optional()
      .meta({ description: 'The queues that it is limited to, such as 4/reports; absent: no limit' }),
    createdAt: Instant,
    createdBy: z.string(),
    expiresAt: Instant.optional().meta({ description: 'Absent if it does not expire' }),
    revokedAt: Instant.optional(),
    revokedBy: z.string().optional(),
  })
  .meta({ id: 'Token' });
export type TokenView = z.infer<typeof TokenView>;

export const toTokenView = (token: Omit<ApiToken, 'secretHash'>): TokenView =>
  TokenView.parse({ id: token.tokenId, ...token });
