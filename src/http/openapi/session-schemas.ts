import { z } from 'zod';
import { PERMISSIONS } from '../../domain/permissions.ts';
import { Instant } from '../../domain/values.ts';

const SessionSchema = z.object({
  user: z.string(),
  tenant: z.string(),
  permissions: z
    .array(z.enum(PERMISSIONS))
    .meta({ description: 'All that the user may do, also as an administrator and by roles' }),
  roles: z.array(z.string()),
  applications: z.array(z.int()).optional().meta({ description: 'They are bound to these; absent: to none' }),
  signedInBy: z.enum(['jwt', 'api token', 'oidc']),
  expiresAt: Instant.optional().meta({ description: 'Absent where the credential does not expire' }),
});

export const SessionAnswerSchema = z
  .object({
    session: SessionSchema.nullable().meta({ description: 'null: nobody is signed in' }),
    signIn: z.array(z.enum(['token', 'oidc'])).meta({
      description: 'The ways to sign in: `token` by POST /session, `oidc` at GET /sign-in',
    }),
  })
  .meta({ id: 'Session' });
export type SessionAnswer = z.infer<typeof SessionAnswerSchema>;
