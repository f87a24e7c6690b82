import type { Caller } from './authorize.ts';
import type { SignedInSession } from './sessions/session.ts';

/** A caller, with what a page shows of them. */
export type Identity = Caller & {
  readonly signedInBy: 'jwt' | 'api token' | 'oidc';
  readonly roles: readonly string[];
  /** Absent: what they signed in with does not expire. */
  readonly expiresAtMs?: number;
  /** What a cookie says of them; absent: it carries their JWT. */
  readonly session?: SignedInSession;
};
