import { createHash, timingSafeEqual } from 'node:crypto';
import type { ApiToken } from './events/index.ts';
import { toMs } from './values.ts';

/** An API token as its holder has it: `car_<id>_<secret>`. */
type TokenParts = { readonly tokenId: number; readonly secret: string };

const PREFIX = 'car_';
/** Random bytes of a secret, which base64url writes with 43 characters. */
export const SECRET_BYTES = 32;
const TOKEN = /^car_([1-9]\d{0,14})_([A-Za-z0-9_-]{43})$/;

export const writeToken = ({ tokenId, secret }: TokenParts): string => `${PREFIX}${tokenId}_${secret}`;

/** Whether a credential is meant as an API token. A JWT never begins like one: it begins with `ey`. */
export const isApiToken = (credential: string): boolean => credential.startsWith(PREFIX);

/** The parts of an API token; undefined where it has another form. */
export const readToken = (token: string): TokenParts | undefined => {
  const [, tokenId, secret] = TOKEN.exec(token) ?? [];
  return tokenId === undefined || secret === undefined ? undefined : { tokenId: Number(tokenId), secret };
};

const sha256 = (secret: string): Buffer => createHash('sha256').update(secret).digest();

/** What is recorded of a secret. It is random, so nothing slower than SHA-256 is needed. */
export const hashOfSecret = (secret: string): string => sha256(secret).toString('hex');

/** Whether this is the secret of the token; it takes as long whatever differs. */
export const hasSecret = ({ secretHash }: Pick<ApiToken, 'secretHash'>, secret: string): boolean => {
  const recorded = Buffer.from(secretHash, 'hex');
  const given = sha256(secret);
  return recorded.length === given.length && timingSafeEqual(recorded, given);
};

/** Why a token opens nothing at this time; undefined where it does. */
export const rejectionReason = (
  { revokedAt, expiresAt }: Pick<ApiToken, 'revokedAt' | 'expiresAt'>,
  nowMs: number,
): 'revoked' | 'expired' | undefined => {
  if (revokedAt !== undefined) return 'revoked';
  return expiresAt !== undefined && toMs(expiresAt) <= nowMs ? 'expired' : undefined;
};
