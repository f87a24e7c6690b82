import { createSecretKey, type KeyObject } from 'node:crypto';
import { compactVerify } from 'jose';
import jwt from 'jsonwebtoken';
import { LRUCache } from 'lru-cache';
import { z } from 'zod';
import { defined } from '../../domain/defined.ts';
import { DomainError } from '../../domain/domain-error.ts';
import { ApplicationId, isPlainText, LAST_INSTANT_MS, Tenant } from '../../domain/values.ts';
import type { Clock } from '../../runtime/runtime.ts';

/** `HS256` is for the shared secret, all others for keys that an identity provider publishes. */
const ALGORITHMS = [
  'HS256',
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
] as const;
type TokenAlgorithm = (typeof ALGORITHMS)[number];

const TOLERANCE_SECONDS = 60;
const MAX_NAME = 200;
const TOKEN_TYPE = /^(?:application\/)?(?:at\+)?jwt$/i;

/** Rejects `crit`, which requires unsupported extensions, and `b64`, which changes what was signed. */
const TokenHeader = z.looseObject({
  alg: z.enum(ALGORITHMS),
  kid: z.string().max(MAX_NAME).optional(),
  typ: z.string().regex(TOKEN_TYPE, 'is not that of an access token').optional(),
  crit: z.never('is not supported').optional(),
  b64: z.never('is not supported').optional(),
});

const Name = z.string().min(1).max(MAX_NAME).refine(isPlainText, 'has control characters or unpaired surrogates');
const Words = z.array(z.string()).max(1_000);

type ClaimRules = { readonly issuer?: string | undefined; readonly audience?: string | undefined };

/** Schema of the claims of a token for this service. Creating it is slow, so reuse it for the same rules. */
export const tokenClaims = ({ issuer, audience }: ClaimRules) =>
  z.looseObject({
    sub: Name,
    exp: z.number(),
    nbf: z.number().optional(),
    iat: z.number().optional(),
    iss: issuer === undefined ? z.unknown().optional() : z.literal(issuer, 'is not the expected issuer'),
    aud:
      audience === undefined
        ? z.unknown().optional()
        : z
            .union([z.string(), z.array(z.string())])
            .refine((aud) => [aud].flat().includes(audience), 'does not name this service'),
    preferred_username: Name.optional(),
    permissions: Words.optional(),
    scope: z.union([z.string().transform((scope) => scope.split(' ')), Words]).optional(),
    roles: Words.optional(),
  });

type TokenClaims = z.output<ReturnType<typeof tokenClaims>>;

type Times = { readonly exp: number; readonly nbf?: number | undefined; readonly iat?: number | undefined };

/** Why the token is not valid at this time; `undefined` if it is. */
const timeClaimError = ({ exp, nbf = 0, iat = 0 }: Times, nowSeconds: number): string | undefined => {
  if (exp <= nowSeconds) return 'exp: the token has expired';
  if (nbf > nowSeconds + TOLERANCE_SECONDS) return 'nbf: the token is not valid yet';
  if (iat > nowSeconds + TOLERANCE_SECONDS) return 'iat: is in the future';
  return undefined;
};

/** Parses header or claims of a token. @throws DomainError TOKEN_REJECTED */
export const readClaims = <S extends z.ZodType>(schema: S, claims: unknown): z.output<S> => {
  const parsed = schema.safeParse(claims);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw tokenRejected(`${issue?.path.join('.') || 'it'}: ${issue?.message ?? 'is malformed'}`);
};

export type SubjectRules = {
  /** Claim with the tenant; a token without it belongs to `default`. */
  readonly tenantClaim: string;
  /** Claim with the ids of the applications that the user is limited to; without it, there is no limit. */
  readonly applicationsClaim: string;
};

/** The user of a token, with the permissions and roles from its issuer. */
export type TokenSubject = {
  /** Display name; users can change it at many providers. */
  readonly user: string;
  /** Permanent id. */
  readonly sub: string;
  readonly tenant: Tenant;
  readonly permissions: readonly string[];
  readonly roles: readonly string[];
  readonly applications?: readonly number[];
  /** 0 if absent. */
  readonly issuedAtMs: number;
  readonly expiresAtMs: number;
};

const TenantClaim = Tenant.default('default');
const MAX_APPLICATIONS = 100;
/** Some providers send every value as text. */
const ApplicationIdIn = z.union([
  ApplicationId,
  z
    .string()
    .regex(/^[1-9]\d{0,14}$/)
    .transform(Number),
]);
const ApplicationsClaim = z.array(ApplicationIdIn).max(MAX_APPLICATIONS).optional();

/**
 * Reads the user from verified claims.
 * @throws DomainError TOKEN_REJECTED if tenant or applications are malformed
 */
export const subjectOf = (claims: TokenClaims, { tenantClaim, applicationsClaim }: SubjectRules): TokenSubject => {
  const tenant = TenantClaim.safeParse(claims[tenantClaim]);
  if (!tenant.success) throw tokenRejected(`${tenantClaim}: does not name a tenant`);
  const applications = ApplicationsClaim.safeParse(claims[applicationsClaim]);
  if (!applications.success) {
    throw tokenRejected(`${applicationsClaim}: is not a list of at most ${MAX_APPLICATIONS} ids of applications`);
  }
  return defined({
    user: claims.preferred_username ?? claims.sub,
    sub: claims.sub,
    tenant: tenant.data,
    permissions: [...(claims.permissions ?? []), ...(claims.scope ?? [])],
    roles: claims.roles ?? [],
    applications: applications.data,
    issuedAtMs: Math.max(0, (claims.iat ?? 0) * 1_000),
    expiresAtMs: Math.min(claims.exp * 1_000, LAST_INSTANT_MS),
  });
};

const tokenRejected = (why: string): DomainError => new DomainError('TOKEN_REJECTED', `the token was rejected: ${why}`);

export type KeyQuery = { readonly alg: TokenAlgorithm; readonly kid: string | undefined };
/** Finds the key that may have signed a token; `undefined` if there is none. */
export type VerificationKeys = (query: KeyQuery) => Promise<KeyObject | undefined>;

/** RFC 7518, 3.2: a key must be no shorter than the hash. */
const MIN_SECRET_BYTES = 32;

/** JWT_SECRET is too short for HS256. */
export class WeakSecret extends Error {
  override readonly name = 'WeakSecret';
  readonly code = 'WEAK_JWT_SECRET';
}

/**
 * Verification keys for tokens signed with the shared secret.
 * @throws WeakSecret under 32 bytes
 */
export const secretKeys = (secret: string): VerificationKeys => {
  const bytes = Buffer.from(secret, 'utf8');
  if (bytes.length < MIN_SECRET_BYTES) {
    throw new WeakSecret(`JWT_SECRET has ${bytes.length} bytes; HS256 needs at least ${MIN_SECRET_BYTES}`);
  }
  const key = createSecretKey(bytes);
  return async ({ alg }) => (alg === 'HS256' ? key : undefined);
};

export type TokenRules = SubjectRules & {
  readonly keys: VerificationKeys;
  readonly clock: Clock;
  readonly issuer?: string | undefined;
  readonly audience?: string | undefined;
};

const MAX_TOKEN = 8_192;
const TOKEN = /^([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)$/;

/**
 * Verifies a token: its format, signature, claims and times. jsonwebtoken checks the signature only; it accepts some
 * malformed tokens, so header and claims are parsed here.
 * @throws DomainError TOKEN_REJECTED
 * @throws KeysUnavailable
 */
export const verifyToken = async (token: string, rules: TokenRules): Promise<TokenSubject> => {
  const { keys, clock } = rules;
  const { schema, accepted } = cacheOf(rules);
  const before = accepted.get(token);
  const { header, claimsPart } = before ?? partsOf(token);
  const key = await keys({ alg: header.alg, kid: header.kid });
  if (key === undefined) throw tokenRejected('no known key can verify its signature');
  const isKnown = before?.key.equals(key) === true;
  if (!isKnown && !(await isSignedBy(token, header.alg, key))) throw tokenRejected('its signature is wrong');
  const claims = isKnown ? before.claims : read(schema, claimsPart);
  if (!isKnown) accepted.set(token, { header, claimsPart, key, claims });
  const why = timeClaimError(claims, clock.now() / 1_000);
  if (why !== undefined) throw tokenRejected(why);
  return subjectOf(claims, rules);
};

const partsOf = (token: string) => {
  const [, headerPart, claimsPart] = (token.length > MAX_TOKEN ? null : TOKEN.exec(token)) ?? [];
  if (headerPart === undefined || claimsPart === undefined) throw tokenRejected('it is not a signed JWT');
  return { header: read(TokenHeader, headerPart), claimsPart };
};

type Schema = ReturnType<typeof tokenClaims>;
/** A token verified with this key. Verifying it again would cost more than most requests. */
type VerifiedToken = ReturnType<typeof partsOf> & { readonly key: KeyObject; readonly claims: TokenClaims };
type VerificationCache = { readonly schema: Schema; readonly accepted: LRUCache<string, VerifiedToken> };

const MAX_ACCEPTED = 1_000;
const caches = new WeakMap<TokenRules, VerificationCache>();

const cacheOf = (rules: TokenRules): VerificationCache => {
  const cache = caches.get(rules) ?? { schema: tokenClaims(rules), accepted: new LRUCache({ max: MAX_ACCEPTED }) };
  caches.set(rules, cache);
  return cache;
};

const read = <S extends z.ZodType>(schema: S, part: string): z.output<S> => readClaims(schema, decode(part));

const decode = (part: string): unknown => {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(part, 'base64url')));
  } catch {
    throw tokenRejected('it is not JSON in UTF-8');
  }
};

/** Only jose supports EdDSA. */
const isSignedBy = async (token: string, alg: TokenAlgorithm, key: KeyObject): Promise<boolean> => {
  try {
    if (alg === 'EdDSA') await compactVerify(token, key, { algorithms: [alg] });
    else jwt.verify(token, key, { algorithms: [alg], ignoreExpiration: true, ignoreNotBefore: true });
    return true;
  } catch {
    return false;
  }
};
