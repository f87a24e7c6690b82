import { createHmac, timingSafeEqual } from 'node:crypto';

/** A header of a request; undefined or null where it has none. */
export type GetHeader = (name: string) => string | null | undefined;

export type SignedCall = { readonly header: GetHeader; readonly body: Uint8Array };
type SignatureRule = {
  readonly keys: readonly Uint8Array[];
  readonly nowMs: number;
  readonly toleranceMs: number;
};

const KEY = /^whsec_([A-Za-z0-9+/]+={0,2})$/;

/** @throws Error where a key is none of Carillon's */
export const readKey = (key: string): Uint8Array => {
  const [, base64] = KEY.exec(key) ?? [];
  if (base64 === undefined)
    throw new Error('a signing key is whsec_ and base64, as the secret of the application has it');
  return Buffer.from(base64, 'base64');
};

/** Why a call is not taken for one of Carillon's (Standard Webhooks 1.0); undefined where it is one. */
export const signatureFault = (
  { header, body }: SignedCall,
  { keys, nowMs, toleranceMs }: SignatureRule,
): string | undefined => {
  const [id, time, signatures] = ['webhook-id', 'webhook-timestamp', 'webhook-signature'].map(header);
  if (!id || !time || !signatures) return 'the call is not signed';
  const expected = keys.map((key) => createHmac('sha256', key).update(`${id}.${time}.`).update(body).digest());
  const isSigned = signatures.split(' ').some((signature) => {
    const [version, value = ''] = signature.split(',');
    const given = Buffer.from(value, 'base64');
    return version === 'v1' && expected.some((each) => each.length === given.length && timingSafeEqual(each, given));
  });
  if (!isSigned) return 'the call is signed by no key that is known here';
  if (Math.abs(nowMs - Number(time) * 1_000) < toleranceMs) return undefined;
  return 'the call was signed too long ago, or the clocks differ';
};
