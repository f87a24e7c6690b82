import { type KeyObject, verify as verifySignature } from 'node:crypto';
import jwt from 'jsonwebtoken';
import type { z } from 'zod';
import { Refusal } from '../../domain/refusal.ts';
import { LAST_INSTANT_MS, Tenant } from '../../domain/values.ts';
import type { Clock } from '../../world.ts';
import { TokenHeader, tokenClaims, untimely } from './claims.ts';
import type { TokenAlgorithm, VerificationKeys } from './verification-keys.ts';

const TenantClaim = Tenant.default('default');

export type TokenRules = {
  readonly keys: VerificationKeys;
  readonly clock: Clock;
  readonly issuer?: string | undefined;
  readonly audience?: string | undefined;
  /** Claim that names the tenant; a token without it belongs to `default`. */
  readonly tenantClaim: string;
};

/** The user whom a token names, with the permissions and roles that its issuer gave them. */
export type TokenSubject = {
  readonly user: string;
  readonly tenant: Tenant;
  readonly permissions: readonly string[];
  readonly roles: readonly string[];
  readonly expiresAtMs: number;
};

const LONGEST_TOKEN = 8_192;
const TOKEN = /^([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)$/;

/**
 * Verifies a token: its form, signature, claims and times. jsonwebtoken checks the signature only; it accepts some
 * malformed tokens, so header and claims are parsed here.
 * @throws Refusal TOKEN_REFUSED
 * @throws KeysUnavailable
 */
export const verifyToken = async (token: string, rules: TokenRules): Promise<TokenSubject> => {
  const { keys, clock, tenantClaim } = rules;
  const { schema, accepted } = cacheOf(rules);
  const before = accepted.get(token);
  const { header, claimsPart } = before ?? partsOf(token);
  const key = await keys({ alg: header.alg, kid: header.kid });
  if (key === undefined) throw refused('no key is known that could have signed it');
  const isKnown = before?.key.equals(key) === true;
  if (!isKnown && !isSignedBy(token, header.alg, key)) throw refused('its signature is wrong');
  const claims = isKnown ? before.claims : read(schema, claimsPart);
  if (!isKnown) accept(accepted, token, { header, claimsPart, key, claims });
  const why = untimely(claims, clock.now() / 1_000);
  if (why !== undefined) throw refused(why);
  const tenant = TenantClaim.safeParse(claims[tenantClaim]);
  if (!tenant.success) throw refused(`${tenantClaim}: does not name a tenant`);
  return {
    user: claims.preferred_username ?? claims.sub,
    tenant: tenant.data,
    permissions: [...(claims.permissions ?? []), ...(claims.scope ?? [])],
    roles: claims.roles ?? [],
    expiresAtMs: Math.min(claims.exp * 1_000, LAST_INSTANT_MS),
  };
};

type Parts = { readonly header: TokenHeader; readonly claimsPart: string };

const partsOf = (token: string): Parts => {
  const [, headerPart, claimsPart] = (token.length > LONGEST_TOKEN ? null : TOKEN.exec(token)) ?? [];
  if (headerPart === undefined || claimsPart === undefined) throw refused('it is not a signed JWT');
  return { header: read(TokenHeader, headerPart), claimsPart };
};

type Schema = ReturnType<typeof tokenClaims>;
/** A token whose signature was verified with this key. Verifying it again would cost more than most requests do. */
type VerifiedToken = Parts & { readonly key: KeyObject; readonly claims: z.output<Schema> };
type VerificationCache = { readonly schema: Schema; readonly accepted: Map<string, VerifiedToken> };

const caches = new WeakMap<TokenRules, VerificationCache>();

const cacheOf = (rules: TokenRules): VerificationCache => {
  const cache = caches.get(rules) ?? { schema: tokenClaims(rules), accepted: new Map() };
  caches.set(rules, cache);
  return cache;
};

const MOST_ACCEPTED = 1_000;

/** Adds a token to the cache, which drops its oldest one when it is full. */
const accept = (accepted: VerificationCache['accepted'], token: string, as: VerifiedToken): void => {
  accepted.delete(token);
  const [oldest] = accepted.keys();
  if (accepted.size >= MOST_ACCEPTED && oldest !== undefined) accepted.delete(oldest);
  accepted.set(token, as);
};

const refused = (why: string): Refusal => new Refusal('TOKEN_REFUSED', `the token was refused: ${why}`);

const read = <S extends z.ZodType>(schema: S, part: string): z.output<S> => {
  const parsed = schema.safeParse(decode(part));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw refused(`${issue?.path.join('.') || 'it'}: ${issue?.message ?? 'is malformed'}`);
};

const decode = (part: string): unknown => {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(part, 'base64url')));
  } catch {
    throw refused('it is not JSON in UTF-8');
  }
};

const isSignedBy = (token: string, alg: TokenAlgorithm, key: KeyObject): boolean => {
  if (alg === 'EdDSA') return isEdDsaSignedBy(token, key);
  try {
    jwt.verify(token, key, { algorithms: [alg], ignoreExpiration: true, ignoreNotBefore: true });
    return true;
  } catch {
    return false;
  }
};

/** jsonwebtoken does not support EdDSA. */
const isEdDsaSignedBy = (token: string, key: KeyObject): boolean => {
  const dot = token.lastIndexOf('.');
  const signature = Buffer.from(token.slice(dot + 1), 'base64url');
  return verifySignature(null, Buffer.from(token.slice(0, dot), 'ascii'), key, signature);
};
