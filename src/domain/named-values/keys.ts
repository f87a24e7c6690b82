import { createHash, createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { toInstant } from '../values.ts';

type CertificateFacts = {
  readonly subject: string;
  readonly issuer: string;
  readonly expiresAt: string;
  /** SHA-256 of the certificate, hexadecimal with colons. */
  readonly fingerprint: string;
};

const PEM = /-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----/g;

/** Reads PEM certificates; `undefined` unless the text contains only certificates and comments between them. */
export const readCertificates = (text: string): readonly X509Certificate[] | undefined => {
  const found = text.match(PEM) ?? [];
  if (found.length === 0 || text.replace(PEM, '').includes('-----')) return undefined;
  try {
    return found.map((pem) => new X509Certificate(pem));
  } catch {
    return undefined;
  }
};

/** Reads an unencrypted PEM private key; `undefined` if it is none. */
export const readPrivateKey = (text: string): KeyObject | undefined => {
  try {
    return createPrivateKey(text);
  } catch {
    return undefined;
  }
};

/** Identifies the key of a certificate: SHA-256 of the public key, base64. */
export const publicKeyId = ({ publicKey }: X509Certificate): string =>
  createHash('sha256')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest('base64');

export const expiryMs = (certificate: X509Certificate): number => Date.parse(certificate.validTo);

/** Facts about validated PEM certificates. */
export const certificateFacts = (pem: string): CertificateFacts[] =>
  (readCertificates(pem) ?? []).map((certificate) => ({
    subject: oneLine(certificate.subject),
    issuer: oneLine(certificate.issuer),
    expiresAt: toInstant(expiryMs(certificate)),
    fingerprint: certificate.fingerprint256,
  }));

const oneLine = (name: string): string => name.split('\n').join(', ');

const SOON_MS = 30 * 24 * 3_600_000;

/** Returns whether any certificate has expired, or expires within 30 days. */
export const expiryState = (expiresAtMs: readonly number[], nowMs: number): 'valid' | 'expiresSoon' | 'expired' => {
  const firstMs = Math.min(...expiresAtMs);
  if (firstMs <= nowMs) return 'expired';
  return firstMs - nowMs <= SOON_MS ? 'expiresSoon' : 'valid';
};

const FORM = /^whsec_([A-Za-z0-9+/]+={0,2})$/;
const MIN_BYTES = 24;
const MAX_BYTES = 64;

export const SIGNING_KEY_FORM = `a signing key is whsec_ followed by the base64 of ${MIN_BYTES} to ${MAX_BYTES} bytes. To create one: echo "whsec_$(openssl rand -base64 32)"`;

/** Reads a signing key in the Standard Webhooks format; `undefined` if it is none. */
export const readSigningKey = (text: string): Buffer | undefined => {
  const [, encoded] = FORM.exec(text) ?? [];
  if (encoded === undefined) return undefined;
  const key = Buffer.from(encoded, 'base64');
  const isWhole = key.toString('base64') === encoded;
  return isWhole && key.length >= MIN_BYTES && key.length <= MAX_BYTES ? key : undefined;
};
