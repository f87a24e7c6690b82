import { createHmac, timingSafeEqual } from 'node:crypto';

/** Reads a header of a request; `undefined` or null if it is absent. */
export type GetHeader = (name: string) => string | null | undefined;

export type SignedCall = { readonly header: GetHeader; readonly body: Uint8Array };
type SignatureRule = {
  readonly keys: readonly Uint8Array[];
  readonly nowMs: number;
  readonly toleranceMs: number;
};

const KEY = /^whsec_([A-Za-z0-9+/]+={0,2})$/;

/** @throws Error if the key is invalid */
export const readKey = (key: string): Uint8Array => {
  const [, base64] = KEY.exec(key) ?? [];
  if (base64 === undefined)
    throw new Error('A signing key must be whsec_ followed by base64. Copy it from the secret of the application.');
  return Buffer.from(base64, 'base64');
};

/**
 * Returns why a call isn't accepted as Carillon's (Standard Webhooks 1.0); `undefined` if it is valid. The completion URL is
 * signed with the id and time of the call, so that results are reported nowhere else.
 */
export const signatureFault = (
  { header, body }: SignedCall,
  { keys, nowMs, toleranceMs }: SignatureRule,
): string | undefined => {
  const [id, time, signatures] = ['webhook-id', 'webhook-timestamp', 'webhook-signature'].map(header);
  if (!id || !time || !signatures) return 'the call is not signed';
  if (!isSigned(signatures, [`${id}.${time}.`, body], keys)) return 'the signature of the call matches no known key';
  if (!(Math.abs(nowMs - Number(time) * 1_000) < toleranceMs)) {
    return 'the signature of the call is too old, or the clocks differ';
  }
  const completionUrl = header('Carillon-Completion-Url');
  if (!completionUrl) return undefined;
  const ofUrl = header('Carillon-Completion-Signature') ?? '';
  if (isSigned(ofUrl, [`${completionUrl}.${id}.${time}`], keys)) return undefined;
  return 'the signature of Carillon-Completion-Url matches no known key, so no result is reported';
};

/** Returns whether one of the signatures matches the parts and one of the keys. */
const isSigned = (
  signatures: string,
  parts: readonly (string | Uint8Array)[],
  keys: SignatureRule['keys'],
): boolean => {
  const expected = keys.map((key) =>
    parts.reduce((hmac, part) => hmac.update(part), createHmac('sha256', key)).digest(),
  );
  return signatures.split(' ').some((signature) => {
    const [version, value = ''] = signature.split(',');
    const given = Buffer.from(value, 'base64');
    return version === 'v1' && expected.some((each) => each.length === given.length && timingSafeEqual(each, given));
  });
};
