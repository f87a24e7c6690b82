import { type KeyObject, verify as verifySignature } from 'node:crypto';
import jwt from 'jsonwebtoken';
import type { z } from 'zod';
import type { Clock } from '../../runtime/world.ts';
import {
  readClaims,
  type SubjectRules,
  subjectOf,
  type TokenClaims,
  TokenHeader,
  type TokenSubject,
  tokenClaims,
  tokenRefused,
  untimely,
} from './claims.ts';
import type { TokenAlgorithm, VerificationKeys } from './verification-keys.ts';

export type TokenRules = SubjectRules & {
  readonly keys: VerificationKeys;
  readonly clock: Clock;
  readonly issuer?: string | undefined;
  readonly audience?: string | undefined;
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
  const { keys, clock } = rules;
  const { schema, accepted } = cacheOf(rules);
  const before = accepted.get(token);
  const { header, claimsPart } = before ?? partsOf(token);
  const key = await keys({ alg: header.alg, kid: header.kid });
  if (key === undefined) throw tokenRefused('no key is known that could have signed it');
  const isKnown = before?.key.equals(key) === true;
  if (!isKnown && !isSignedBy(token, header.alg, key)) throw tokenRefused('its signature is wrong');
  const claims = isKnown ? before.claims : read(schema, claimsPart);
  if (!isKnown) accept(accepted, token, { header, claimsPart, key, claims });
  const why = untimely(claims, clock.now() / 1_000);
  if (why !== undefined) throw tokenRefused(why);
  return subjectOf(claims, rules);
};

type Parts = { readonly header: TokenHeader; readonly claimsPart: string };

const partsOf = (token: string): Parts => {
  const [, headerPart, claimsPart] = (token.length > LONGEST_TOKEN ? null : TOKEN.exec(token)) ?? [];
  if (headerPart === undefined || claimsPart === undefined) throw tokenRefused('it is not a signed JWT');
  return { header: read(TokenHeader, headerPart), claimsPart };
};

type Schema = ReturnType<typeof tokenClaims>;
/** A token whose signature was verified with this key. Verifying it again would cost more than most requests do. */
type VerifiedToken = Parts & { readonly key: KeyObject; readonly claims: TokenClaims };
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

const read = <S extends z.ZodType>(schema: S, part: string): z.output<S> => readClaims(schema, decode(part));

const decode = (part: string): unknown => {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(part, 'base64url')));
  } catch {
    throw tokenRefused('it is not JSON in UTF-8');
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
