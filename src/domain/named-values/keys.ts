import { createHash, createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { toInstant } from '../values.ts';

/** A certificate as it is shown. */
type CertificateFacts = {
  readonly subject: string;
  readonly issuer: string;
  readonly expiresAt: string;
  /** SHA-256 of the certificate, hexadecimal with colons. */
  readonly fingerprint: string;
};

const PEM = /-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----/g;

/** Reads certificates in PEM; undefined unless the text holds some, and nothing else but comments between them. */
export const readCertificates = (text: string): readonly X509Certificate[] | undefined => {
  const found = text.match(PEM) ?? [];
  if (found.length === 0 || text.replace(PEM, '').includes('-----')) return undefined;
  try {
    return found.map((pem) => new X509Certificate(pem));
  } catch {
    return undefined;
  }
};

/** Reads a private key in PEM that is not encrypted; undefined if it is none. */
export const readPrivateKey = (text: string): KeyObject | undefined => {
  try {
    return createPrivateKey(text);
  } catch {
    return undefined;
  }
};

/** Tells the keys of certificates apart: SHA-256 of the public key, base64. */
export const publicKeyId = ({ publicKey }: Pick<X509Certificate, 'publicKey'>): string =>
  createHash('sha256')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest('base64');

export const expiryMs = (certificate: X509Certificate): number => Date.parse(certificate.validTo);

/** What is shown of certificates in PEM that were read before. */
export const certificateFacts = (pem: string): CertificateFacts[] =>
  (readCertificates(pem) ?? []).map((certificate) => ({
    subject: oneLine(certificate.subject),
    issuer: oneLine(certificate.issuer),
    expiresAt: toInstant(expiryMs(certificate)),
    fingerprint: certificate.fingerprint256,
  }));

const oneLine = (name: string): string => name.split('\n').join(', ');

const SOON_MS = 30 * 24 * 3_600_000;

/** Whether a certificate of these has expired, or does within 30 days. */
export const expiryState = (expiresAtMs: readonly number[], nowMs: number): 'valid' | 'expiresSoon' | 'expired' => {
  const firstMs = Math.min(...expiresAtMs);
  if (firstMs <= nowMs) return 'expired';
  return firstMs - nowMs <= SOON_MS ? 'expiresSoon' : 'valid';
};

const FORM = /^whsec_([A-Za-z0-9+/]+={0,2})$/;
const MIN_BYTES = 24;
const MAX_BYTES = 64;

export const SIGNING_KEY_FORM = `a signing key is whsec_ followed by the base64 of ${MIN_BYTES} to ${MAX_BYTES} bytes. To create one: echo "whsec_$(openssl rand -base64 32)"`;

/** The bytes of a key that signs calls, as Standard Webhooks writes one; undefined if the text is none. */
export const readSigningKey = (text: string): Buffer | undefined => {
  const [, encoded] = FORM.exec(text) ?? [];
  if (encoded === undefined) return undefined;
  const key = Buffer.from(encoded, 'base64');
  const isWhole = key.toString('base64') === encoded;
  return isWhole && key.length >= MIN_BYTES && key.length <= MAX_BYTES ? key : undefined;
};
