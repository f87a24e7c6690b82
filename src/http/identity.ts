import type { SessionSpan } from '../domain/session.ts';
import type { Caller } from './authorize.ts';
import type { SignedIn } from './sessions/session.ts';

/** A caller, with what a page shows of them. */
export type Identity = Caller & {
  readonly roles: readonly string[];
  /** Absent: what they signed in with does not expire. */
  readonly expiresAtMs?: number;
  /** By what, as a session that they begin says it. */
  readonly signedIn: SignedIn;
  /** The session that they are in; absent where they sent a token. */
  readonly session?: SessionSpan;
};
