import { z } from 'zod';
import { defined } from '../../domain/defined.ts';
import { DomainError } from '../../domain/domain-error.ts';
import { ApplicationId, isPlainText, LAST_INSTANT_MS, Tenant } from '../../domain/values.ts';
import { ALGORITHMS } from './verification-keys.ts';

const TOLERANCE_SECONDS = 60;
const MAX_NAME = 200;
const TOKEN_TYPE = /^(?:application\/)?(?:at\+)?jwt$/i;

/** Rejects `crit`, which requires unsupported extensions, and `b64`, which changes what was signed. */
export const TokenHeader = z.looseObject({
  alg: z.enum(ALGORITHMS),
  kid: z.string().max(MAX_NAME).optional(),
  typ: z.string().regex(TOKEN_TYPE, 'is not that of an access token').optional(),
  crit: z.never('is not supported').optional(),
  b64: z.never('is not supported').optional(),
});
export type TokenHeader = z.infer<typeof TokenHeader>;

const Name = z.string().min(1).max(MAX_NAME).refine(isPlainText, 'has control characters or unpaired surrogates');
const Words = z.array(z.string()).max(1_000);

export type ClaimRules = { readonly issuer?: string | undefined; readonly audience?: string | undefined };

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

export type TokenClaims = z.output<ReturnType<typeof tokenClaims>>;

type Times = { readonly exp: number; readonly nbf?: number | undefined; readonly iat?: number | undefined };

/** Why the token is not valid at this time; `undefined` if it is. */
export const timeClaimError = ({ exp, nbf = 0, iat = 0 }: Times, nowSeconds: number): string | undefined => {
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

export const tokenRejected = (why: string): DomainError =>
  new DomainError('TOKEN_REJECTED', `the token was rejected: ${why}`);
