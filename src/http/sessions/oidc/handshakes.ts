import type { IncomingMessage } from 'node:http';
import { z } from 'zod';
import type { Runtime } from '../../../runtime/runtime.ts';
import { cookieNames, cookieOf } from '../../callers/authenticate.ts';
import { type CookieRules, createSeal, guardedCookie, type SealingKeys } from '../session.ts';
import type { Handshake } from './provider.ts';

const LONGEST = 1_000;
/** Placeholder for this service's origin, to tell a path from an external address. */
const HERE = 'https://here.invalid';

/** Returns whether a path stays at this service: `//evil.example` and `/\evil.example` lead elsewhere. */
const isPathHere = (path: string): boolean => path.startsWith('/') && URL.parse(path, HERE)?.origin === HERE;

/**
 * The path to return to: of this service, with query and fragment. Prefix it with the origin before use: a path such as
 * `/.//evil.example` changes its meaning when it is normalized.
 */
export const ReturnTo = z
  .string()
  .max(LONGEST)
  .refine(isPathHere, 'must be a path of this service, such as /_/scheduler/ui');

/** Time limit for signing in at the provider. */
const MAX_MS = 600_000;
/** Maximum simultaneous sign-ins of a browser; older ones are leftovers. */
const MAX_UNDER_WAY = 5;
/** More than the callbacks of any ten minutes. */
const MAX_ENDED = 100_000;

const Begun = z.object({ state: z.string(), nonce: z.string(), verifier: z.string(), returnTo: z.string() });
type Begun = z.infer<typeof Begun>;

/**
 * Sign-ins in progress at the provider. The browser keeps what is needed to check its callback, sealed, in a cookie each. So
 * any process can handle the callback, and callbacks of other browsers are rejected.
 */
export type Handshakes = {
  /** Begins a sign-in. Returns the cookies to set. */
  begin(request: IncomingMessage, returnTo: string): Promise<{ handshake: Handshake; cookies: readonly string[] }>;
  /**
   * Ends the sign-in of a callback. Returns the cookie to set; `undefined` if this browser began none, it expired, or this
   * process has already handled a callback of it: each can query the provider once.
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
  /** States of sign-ins that ended here, oldest first, and their expiry. */
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
  // The provider's page redirects the browser here, and `Strict` cookies would not be sent.
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
