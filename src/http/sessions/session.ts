import { hkdfSync } from 'node:crypto';
import { type SetCookie, stringifySetCookie } from 'cookie';
import { EncryptJWT, errors, jwtDecrypt } from 'jose';
import { LRUCache } from 'lru-cache';
import { z } from 'zod';
import { PERMISSIONS } from '../../domain/permissions.ts';
import type { SessionSpan } from '../../domain/session.ts';
import { ApplicationId, Tenant, TokenId } from '../../domain/values.ts';
import type { Clock, Runtime } from '../../runtime/runtime.ts';

type SealingKey = { readonly id: string; readonly key: Uint8Array };
/** The keys of the installation, the same in all processes. The current one seals; each can open. */
export type SealingKeys = { readonly current: SealingKey; find(id: string): SealingKey | undefined };

type SealOptions<S extends z.ZodType<Record<string, unknown>>> = {
  readonly keys: SealingKeys;
  /** Data sealed for one purpose opens for no other. */
  readonly purpose: string;
  readonly content: S;
  readonly clock: Clock;
};

/** Seals data that a browser keeps for this service, so that no one else can read or forge it. */
type Seal<T> = {
  seal(content: T, expiresAtMs: number): Promise<string>;
  /** Opens sealed data. Returns the content and its expiry; `undefined` if it has expired or was not sealed here. */
  open(sealed: string): Promise<{ readonly content: T; readonly expiresAtMs: number } | undefined>;
};

const KEY_BYTES = 32;
const SEALED = /^[\w-]+\.\.[\w-]+\.[\w-]+\.[\w-]+$/;

/** Returns whether a text has the format of sealed data (a compact JWE without its own key); a JWT has three parts. */
export const isSealed = (text: string): boolean => SEALED.test(text);

/** Creates a seal of encrypted JWTs (JWE, A256GCM), with keys derived from the installation's for this purpose. */
export const createSeal = <S extends z.ZodType<Record<string, unknown>>>({
  keys,
  purpose,
  content,
  clock,
}: SealOptions<S>): Seal<z.output<S>> => {
  const derive = ({ key }: SealingKey): Uint8Array =>
    new Uint8Array(hkdfSync('sha256', key, '', `carillon ${purpose}`, KEY_BYTES));
  return {
    seal: (sealed, expiresAtMs) =>
      new EncryptJWT({ ...sealed })
        .setProtectedHeader({ alg: 'dir', enc: 'A256GCM', kid: keys.current.id })
        .setExpirationTime(Math.floor(expiresAtMs / 1_000))
        .encrypt(derive(keys.current)),
    open: async (sealed) => {
      try {
        // For an unknown key, tries the current one, which does not open it.
        const keyOf = ({ kid = '' }) => derive(keys.find(kid) ?? keys.current);
        const { payload } = await jwtDecrypt(sealed, keyOf, {
          keyManagementAlgorithms: ['dir'],
          contentEncryptionAlgorithms: ['A256GCM'],
          requiredClaims: ['exp'],
          currentDate: new Date(clock.now()),
        });
        const { exp = 0, ...rest } = payload;
        const parsed = content.safeParse(rest);
        return parsed.success ? { content: parsed.data, expiresAtMs: exp * 1_000 } : undefined;
      } catch (error) {
        if (error instanceof errors.JOSEError) return undefined;
        throw error;
      }
    },
  };
};

/** The JWT of the sign-in: verified with each request. */
const JwtSession = z.object({ by: z.literal('jwt'), token: z.string() });
/** The API token of the sign-in, without its secret. */
const TokenSession = z.object({ by: z.literal('apiToken'), tokenId: TokenId, secretHash: z.string() });
/** The relevant claims from the identity provider. */
const UserSession = z.object({
  by: z.literal('oidc'),
  user: z.string(),
  sub: z.string(),
  tenant: Tenant,
  permissions: z.array(z.enum(PERMISSIONS)),
  roles: z.array(z.string()),
  /** If absent, the user is not limited to applications. */
  applications: z.array(ApplicationId).exactOptional(),
});
export type UserSession = z.infer<typeof UserSession>;

const SignedIn = z.discriminatedUnion('by', [JwtSession, TokenSession, UserSession]);
export type SignedIn = z.infer<typeof SignedIn>;

const Sealed = z.object({ sessionId: z.string(), signedInAtMs: z.number(), signedIn: SignedIn });

type OpenSession = SessionSpan & { readonly signedIn: SignedIn };

/** Creates and opens session cookies. */
export type SessionSeal = {
  /** Begins a session. Returns the value of its cookie. */
  begin(signedIn: SignedIn, expiresAtMs: number): Promise<string>;
  /** Opens the session of a cookie; `undefined` if it has expired or was not created here. */
  open(sealed: string): Promise<OpenSession | undefined>;
};

/** A page sends the same cookie with each request, and opening it costs more than most requests. */
const MAX_OPENED = 1_000;
const ID_BYTES = 16;

export const createSessionSeal = (keys: SealingKeys, { clock, random }: Runtime): SessionSeal => {
  const { seal, open } = createSeal({ keys, purpose: 'session', content: Sealed, clock });
  const opened = new LRUCache<string, OpenSession>({ max: MAX_OPENED });
  const openAnew = async (sealed: string): Promise<OpenSession | undefined> => {
    const found = await open(sealed);
    return found && { ...found.content, expiresAtMs: found.expiresAtMs };
  };
  return {
    begin: (signedIn, expiresAtMs) => {
      const sessionId = random.bytes(ID_BYTES).toString('base64url');
      return seal({ sessionId, signedInAtMs: clock.now(), signedIn }, expiresAtMs);
    },
    open: async (sealed) => {
      const session = opened.get(sealed) ?? (await openAnew(sealed));
      if (session === undefined || session.expiresAtMs <= clock.now()) {
        opened.delete(sealed);
        return undefined;
      }
      opened.set(sealed, session);
      return session;
    },
  };
};

export type CookieRules = {
  readonly sessionCookie: string;
  /** Origin under which browsers reach this service; with https, cookies are sent only over TLS. */
  readonly publicUrl?: string | undefined;
};

/** A cookie that scripts can't read. */
export const guardedCookie = (cookie: SetCookie, { publicUrl }: CookieRules): string =>
  stringifySetCookie({ path: '/', httpOnly: true, secure: publicUrl?.startsWith('https:') === true, ...cookie });

/** A session cookie, which requests from other sites do not carry. */
export const sessionCookie = (value: string, maxAge: number, rules: CookieRules): string =>
  guardedCookie({ name: rules.sessionCookie, value, maxAge, sameSite: 'strict' }, rules);

/** The cookie that ends a session. */
export const endedSessionCookie = (rules: CookieRules): string => sessionCookie('', 0, rules);

/** Browsers keep no cookie over 4,096 bytes, its name and attributes included. */
const MAX_VALUE = 3_800;

export const fitsInCookie = (value: string): boolean => value.length <= MAX_VALUE;
