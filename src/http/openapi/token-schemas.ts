import { z } from 'zod';
import { PERMISSIONS } from '../../domain/permissions.ts';
import { Instant } from '../../domain/values.ts';

const shown = {
  id: z.int(),
  name: z.string(),
  permissions: z.array(z.string()).meta({ description: `Of ${PERMISSIONS.join(', ')}` }),
  applications: z.array(z.int()).optional().meta({ description: 'It is bound to these; absent: to none' }),
  createdAt: Instant,
  createdBy: z.string(),
  expiresAt: Instant.optional().meta({ description: 'Absent where it does not expire' }),
  revokedAt: Instant.optional(),
  revokedBy: z.string().optional(),
};

export const TokenSchema = z.object(shown).meta({ id: 'Token' });
export const CreatedTokenSchema = z
  .object({ ...shown, token: z.string().meta({ description: 'Shown this once: send it as a bearer token' }) })
  .meta({ id: 'CreatedToken' });
