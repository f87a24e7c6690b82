import { z } from 'zod';
import { TokenId } from '../../domain/values.ts';
import type { Clock } from '../../world.ts';
import { createSeal, type Seal, type SealingKeys } from './seal.ts';

/**
 * What the cookie of a session says, where it does not carry a JWT itself: which API token was signed in with. The secret
 * of the token is not in it.
 */
export const Session = z.object({ by: z.literal('api token'), tokenId: TokenId, secretHash: z.string() });
export type Session = z.infer<typeof Session>;

export type SessionSeal = Seal<Session>;

export const createSessionSeal = (keys: SealingKeys, clock: Pick<Clock, 'now'>): SessionSeal =>
  createSeal({ keys, purpose: 'session', content: Session, clock });
