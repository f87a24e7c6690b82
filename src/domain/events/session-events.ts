import { z } from 'zod';
import { Instant, Tenant, TokenId } from '../values.ts';

/** Which sessions of one caller have ended before their time. */
export const EndedSessions = z.object({
  tenant: Tenant,
  /** The `sub` of the user, or the id of the API token, that somebody signed in with. */
  callerId: z.union([z.string(), TokenId]),
  /** All that began until then. */
  begunUntil: Instant.exactOptional(),
  /** Of the later ones, those that somebody signed out of and that would go on still. */
  signedOut: z.array(z.object({ sessionId: z.string(), begunAt: Instant, expiresAt: Instant })),
});
export type EndedSessions = z.infer<typeof EndedSessions>;

/** Somebody signed out. Each carries all that has ended. */
export const SessionEnded = z.object({ type: z.literal('SessionEnded'), data: EndedSessions });
/** An administrator ended all sessions of a user. */
export const SessionsEnded = z.object({ type: z.literal('SessionsEnded'), data: EndedSessions });

export const SessionEvent = z.discriminatedUnion('type', [SessionEnded, SessionsEnded]);
export type SessionEvent = z.infer<typeof SessionEvent>;
