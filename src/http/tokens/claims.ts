import { z } from 'zod';
import { isPlainText } from '../../domain/values.ts';
import { ALGORITHMS } from './verification-keys.ts';

const TOLERANCE_SECONDS = 60;
const LONGEST_NAME = 200;
const TOKEN_TYPE = /^(?:application\/)?(?:at\+)?jwt$/i;

/** Refuses `crit`, which demands extensions that are not supported, and `b64`, which changes what was signed. */
export const TokenHeader = z.looseObject({
  alg: z.enum(ALGORITHMS),
  kid: z.string().max(LONGEST_NAME).optional(),
  typ: z.string().regex(TOKEN_TYPE, 'is not that of an access token').optional(),
  crit: z.never('is not understood').optional(),
  b64: z.never('is not understood').optional(),
});
export type TokenHeader = z.infer<typeof TokenHeader>;

const Name = z.string().min(1).max(LONGEST_NAME).refine(isPlainText, 'has control characters or unpaired surrogates');
const Words = z.array(z.string()).max(1_000);

export type ClaimRules = { readonly issuer?: string | undefined; readonly audience?: string | undefined };

/** Schema of the claims of a token for this service. Building it is slow, so build it once for the same rules. */
export const tokenClaims = ({ issuer, audience }: ClaimRules) =>
  z.looseObject({
    sub: Name,
    exp: z.number(),
    nbf: z.number().optional(),
    iat: z.number().optional(),
    iss: issuer === undefined ? z.unknown().optional() : z.literal(issuer, 'is not the issuer that is expected'),
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

type Times = { readonly exp: number; readonly nbf?: number | undefined; readonly iat?: number | undefined };

/** Why the token is not valid at this time; undefined where it is valid. */
export const untimely = ({ exp, nbf = 0, iat = 0 }: Times, nowSeconds: number): string | undefined => {
  if (exp <= nowSeconds) return 'exp: the token has expired';
  if (nbf > nowSeconds + TOLERANCE_SECONDS) return 'nbf: the token is not valid yet';
  if (iat > nowSeconds + TOLERANCE_SECONDS) return 'iat: is in the future';
  return undefined;
};
