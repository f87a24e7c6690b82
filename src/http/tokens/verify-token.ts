import type { KeyObject } from 'node:crypto';
import { compactVerify } from 'jose';
import jwt from 'jsonwebtoken';
import { LRUCache } from 'lru-cache';
import type { z } from 'zod';
import type { Clock } from '../../runtime/runtime.ts';
import {
  readClaims,
  type SubjectRules,
  subjectOf,
  type TokenClaims,
  TokenHeader,
  type TokenSubject,
  timeClaimError,
  tokenClaims,
  tokenRejected,
} from './claims.ts';
import type { TokenAlgorithm, VerificationKeys } from './verification-keys.ts';

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

type Parts = { readonly header: TokenHeader; readonly claimsPart: string };

const partsOf = (token: string): Parts => {
  const [, headerPart, claimsPart] = (token.length > MAX_TOKEN ? null : TOKEN.exec(token)) ?? [];
  if (headerPart === undefined || claimsPart === undefined) throw tokenRejected('it is not a signed JWT');
  return { header: read(TokenHeader, headerPart), claimsPart };
};

type Schema = ReturnType<typeof tokenClaims>;
/** A token verified with this key. Verifying it again would cost more than most requests. */
type VerifiedToken = Parts & { readonly key: KeyObject; readonly claims: TokenClaims };
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
