import { z } from 'zod';
import { PERMISSIONS } from '../../domain/permissions.ts';
import { ApplicationId, Tenant, TokenId } from '../../domain/values.ts';
import type { Clock } from '../../world.ts';
import { createSeal, type Seal, type SealingKeys } from './seal.ts';

/** With which API token somebody signed in. The secret of the token is not in it. */
const TokenSession = z.object({ by: z.literal('api token'), tokenId: TokenId, secretHash: z.string() });
/** What the identity provider said of somebody, as far as it means something here. */
const UserSession = z.object({
  by: z.literal('oidc'),
  user: z.string(),
  sub: z.string(),
  tenant: Tenant,
  permissions: z.array(z.enum(PERMISSIONS)),
  roles: z.array(z.string()),
  /** Absent: they are bound to none. */
  applications: z.array(ApplicationId).exactOptional(),
});
export type UserSession = z.infer<typeof UserSession>;

/** What the cookie of a session says, where it does not carry a JWT itself. */
const SignedInSession = z.discriminatedUnion('by', [TokenSession, UserSession]);
export type SignedInSession = z.infer<typeof SignedInSession>;

export type SessionSeal = Seal<SignedInSession>;

/** A page sends the same cookie with each of its requests, and opening it costs more than most of them. */
const MOST_OPENED = 1_000;

export const createSessionSeal = (keys: SealingKeys, clock: Pick<Clock, 'now'>): SessionSeal => {
  const { seal, open } = createSeal({ keys, purpose: 'session', content: SignedInSession, clock });
  const opened = new Map<string, Awaited<ReturnType<typeof open>>>();
  return {
    seal,
    open: async (sealed) => {
      const session = opened.get(sealed) ?? (await open(sealed));
      opened.delete(sealed);
      if (session === undefined || session.expiresAtMs <= clock.now()) return undefined;
      const [oldest] = opened.keys();
      if (opened.size >= MOST_OPENED && oldest !== undefined) opened.delete(oldest);
      opened.set(sealed, session);
      return session;
    },
  };
};
