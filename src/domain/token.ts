import { createHash, timingSafeEqual } from 'node:crypto';
import { defined } from './defined.ts';
import { DomainError, rejectField } from './domain-error.ts';
import { type ApiToken, actorName, type ChangeAuthor, type EventOf } from './events/index.ts';
import { toInstant, toMs } from './values.ts';

/** An API token as its holder knows it: `car_<id>_<secret>`. */
type TokenParts = { readonly tokenId: number; readonly secret: string };

const PREFIX = 'car_';
/** Random bytes of a secret, 43 characters as base64url. */
export const SECRET_BYTES = 32;
const TOKEN = /^car_([1-9]\d{0,14})_([A-Za-z0-9_-]{43})$/;

export const writeToken = ({ tokenId, secret }: TokenParts): string => `${PREFIX}${tokenId}_${secret}`;

/** Returns whether a credential is an API token rather than a JWT, which begins with `ey`. */
export const isApiToken = (credential: string): boolean => credential.startsWith(PREFIX);

/** The parts of an API token; `undefined` if the format differs. */
export const readToken = (token: string): TokenParts | undefined => {
  const [, tokenId, secret] = TOKEN.exec(token) ?? [];
  return tokenId === undefined || secret === undefined ? undefined : { tokenId: Number(tokenId), secret };
};

const sha256 = (secret: string): Buffer => createHash('sha256').update(secret).digest();

/** Hash of a secret for the log. The secret is random, so SHA-256 is slow enough. */
export const hashOfSecret = (secret: string): string => sha256(secret).toString('hex');

/** Compares the secret of a token in constant time. */
export const hasSecret = ({ secretHash }: Pick<ApiToken, 'secretHash'>, secret: string): boolean => {
  const recorded = Buffer.from(secretHash, 'hex');
  const given = sha256(secret);
  return recorded.length === given.length && timingSafeEqual(recorded, given);
};

/** Why a token is rejected at this time; `undefined` if it is valid. */
export const rejectionReason = (
  { revokedAt, expiresAt }: ApiToken,
  nowMs: number,
): 'revoked' | 'expired' | undefined => {
  if (revokedAt !== undefined) return 'revoked';
  return expiresAt !== undefined && toMs(expiresAt) <= nowMs ? 'expired' : undefined;
};

/** Permissions beyond applications. */
const OF_ADMINISTRATORS: ReadonlySet<string> = new Set(['scheduler:tenant:admin', 'scheduler:admin']);

type CreateTokenInput = ChangeAuthor & {
  readonly tokenId: number;
  readonly token: {
    readonly name: string;
    readonly permissions: ApiToken['permissions'];
    readonly applications?: number[] | undefined;
    readonly queues?: string[] | undefined;
    readonly expiresAt?: string | null | undefined;
  };
  readonly secretHash: string;
};

/** Creates a token. Tokens can't create tokens: otherwise one that leaked could outlive its revocation. */
export const decideCreateToken = (
  { tokenId, tenant, actor, token, secretHash }: CreateTokenInput,
  nowMs: number,
): EventOf<'TokenCreated'>[] => {
  const { name, permissions, applications, queues, expiresAt } = token;
  if (actor.type === 'token')
    throw new DomainError('FORBIDDEN', 'an API token cannot create another one: sign in to create it');
  if (expiresAt && toMs(expiresAt) <= nowMs) throw rejectField('UNTIL_IN_PAST', '/expiresAt', 'must be in the future');
  if (applications !== undefined && permissions.some((each) => OF_ADMINISTRATORS.has(each))) {
    throw rejectField(
      'BAD_COMBINATION',
      '/permissions',
      'a token with scheduler:admin cannot be limited to applications',
    );
  }
  if (queues !== undefined && (applications !== undefined || permissions.some((each) => each !== 'scheduler:work'))) {
    throw rejectField('BAD_COMBINATION', '/queues', 'a token for queues has only the permission scheduler:work');
  }
  const data = {
    tokenId,
    tenant,
    name,
    permissions,
    ...defined({ applications, queues }),
    secretHash,
    createdAt: toInstant(nowMs),
    createdBy: actorName(actor),
    ...(expiresAt ? { expiresAt } : {}),
  };
  return [{ type: 'TokenCreated', data }];
};

/** Revokes a token, including an expired one; records nothing if it is revoked. */
export const decideRevokeToken = (
  { tokenId, tenant, actor }: ChangeAuthor & { readonly tokenId: number },
  existing: ApiToken | undefined,
  nowMs: number,
): EventOf<'TokenRevoked'>[] => {
  if (existing?.tenant !== tenant) throw new DomainError('TOKEN_NOT_FOUND', `there is no token ${tokenId}`);
  if (existing.revokedAt !== undefined) return [];
  return [{ type: 'TokenRevoked', data: { ...existing, revokedAt: toInstant(nowMs), revokedBy: actorName(actor) } }];
};
