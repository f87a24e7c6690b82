import type { IncomingMessage } from 'node:http';
import { z } from 'zod';
import type { Runtime } from '../../../runtime/runtime.ts';
import { cookieNames, cookieOf } from '../../callers/credentials.ts';
import { createSeal, type SealingKeys } from '../seal.ts';
import { type CookieRules, guardedCookie } from '../session.ts';
import type { Handshake } from './provider.ts';

const LONGEST = 1_000;
/** Stands for the origin of this service, which need not be known to tell a path from an address elsewhere. */
const HERE = 'https://here.invalid';

/** Whether a browser that is at this service stays there: `//evil.example` and `/\evil.example` lead elsewhere. */
const isPathHere = (path: string): boolean => path.startsWith('/') && URL.parse(path, HERE)?.origin === HERE;

/**
 * Where a browser goes back to: a path of this service, with its query and fragment. Make it an address with the origin
 * before it goes anywhere: a path such as `/.//evil.example` becomes another one when it is shortened.
 */
export const ReturnTo = z
  .string()
  .max(LONGEST)
  .refine(isPathHere, 'must be a path of this service, such as /_/scheduler/ui');

/** How long somebody may take to sign in at the provider. */
const MAX_MS = 600_000;
/** Several windows may sign in at once; what is more are leftovers. */
const MAX_UNDER_WAY = 5;
/** More callbacks than this come in no ten minutes. */
const MAX_ENDED = 100_000;

const Begun = z.object({ state: z.string(), nonce: z.string(), verifier: z.string(), returnTo: z.string() });
type Begun = z.infer<typeof Begun>;

/**
 * Sign-ins that are under way at the provider. The browser keeps what its callback is checked with, sealed, in a cookie
 * for each, so that any process takes the callback and no other browser's callback is taken.
 */
export type Handshakes = {
  /** Begins one, with the cookies to set. */
  begin(request: IncomingMessage, returnTo: string): Promise<{ handshake: Handshake; cookies: readonly string[] }>;
  /**
   * The one that a callback ends, with the cookie to set; undefined where this browser began none, or too long ago, or where
   * a callback of it came to this process before: each may ask the provider once.
   */
  end(request: IncomingMessage, state: unknown): Promise<{ begun: Begun; cookie: string } | undefined>;
};

type HandshakeOptions = Runtime & {
  readonly keys: SealingKeys;
  readonly cookie: CookieRules;
};

export const createHandshakes = ({ keys, cookie: rules, clock, random }: HandshakeOptions): Handshakes => {
  const seal = createSeal({ keys, purpose: 'sign-in', content: Begun, clock });
  const prefix = `${rules.sessionCookie}-sign-in-`;
  const nameOf = (state: string): string => `${prefix}${state.slice(0, 8)}`;
  /** The states of those that came to an end here, oldest first, and until when they would have been good. */
  const ended = new Map<string, number>();
  const isFirst = (state: string, untilMs: number): boolean => {
    for (const [oldest, endMs] of ended) {
      if (endMs > clock.now() && ended.size < MAX_ENDED) break;
      ended.delete(oldest);
    }
    if (ended.has(state)) return false;
    ended.set(state, untilMs);
    return true;
  };
  const word = (): string => random.bytes(32).toString('base64url');
  // The provider's page sends the browser here, and `Strict` cookies do not come along then.
  const setCookie = (name: string, value: string, maxAge: number): string =>
    guardedCookie({ name, value, maxAge, sameSite: 'lax' }, rules);

  return {
    begin: async (request, returnTo) => {
      const handshake = { state: word(), nonce: word(), verifier: word() };
      const sealed = await seal.seal({ ...handshake, returnTo }, clock.now() + MAX_MS);
      const others = cookieNames(request).filter((name) => name.startsWith(prefix));
      const surplus = others.slice(0, Math.max(0, others.length - MAX_UNDER_WAY + 1));
      return {
        handshake,
        cookies: [
          ...surplus.map((name) => setCookie(name, '', 0)),
          setCookie(nameOf(handshake.state), sealed, MAX_MS / 1_000),
        ],
      };
    },
    end: async (request, state) => {
      if (typeof state !== 'string') return undefined;
      const sealed = cookieOf(request, nameOf(state));
      const begun = sealed === undefined ? undefined : await seal.open(sealed);
      if (begun?.content.state !== state || !isFirst(state, begun.expiresAtMs)) return undefined;
      return { begun: begun.content, cookie: setCookie(nameOf(state), '', 0) };
    },
  };
};
