import { createHash, createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { DomainError } from '../domain-error.ts';
import type { Application } from '../events/index.ts';
import { toInstant } from '../values.ts';

type NamedItem = { readonly name: string };

/** Puts an item into a list sorted by name, in place of an item of the same name. */
export const withNamed = <T extends NamedItem>(items: readonly T[] = [], item: T): T[] =>
  [...withoutNamed(items, item.name), item].sort((a, b) => (a.name < b.name ? -1 : 1));

export const withoutNamed = <T extends NamedItem>(items: readonly T[] = [], name: string): T[] =>
  items.filter((item) => item.name !== name);

export const findNamed = <T extends NamedItem>(items: readonly T[] = [], name: string): T | undefined =>
  items.find((item) => item.name === name);

const MAX_NAMES = 100;
/** The current key, which receivers know, and the next one. */
const MAX_SIGNING_KEYS = 2;
/** Limit for all of them together, with sealed secrets, because each event of the application carries all of them. */
const MAX_BYTES = 384 * 1_024;

/** @throws DomainError APPLICATION_FULL */
export const checkRoom = ({ variables = [], secrets = [], limits = [], tls = [] }: Application): void => {
  if ([variables, secrets, limits, tls].some(({ length }) => length > MAX_NAMES)) {
    throw new DomainError(
      'APPLICATION_FULL',
      `an application has at most ${MAX_NAMES} variables, secrets, limits and TLS settings each`,
    );
  }
  if (secrets.filter(({ signing }) => signing).length > MAX_SIGNING_KEYS) {
    const why = `an application has at most ${MAX_SIGNING_KEYS} signing keys: delete one that receivers no longer need`;
    throw new DomainError('APPLICATION_FULL', why);
  }
  if (Buffer.byteLength(JSON.stringify([variables, secrets, limits, tls])) > MAX_BYTES) {
    throw new DomainError(
      'APPLICATION_FULL',
      `an application's variables, secrets, limits and TLS settings take at most ${MAX_BYTES / 1_024} KiB`,
    );
  }
};

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
const MAX_KEY_BYTES = 64;

export const SIGNING_KEY_FORM = `a signing key is whsec_ followed by the base64 of ${MIN_BYTES} to ${MAX_KEY_BYTES} bytes. To create one: echo "whsec_$(openssl rand -base64 32)"`;

/** Reads a signing key in the Standard Webhooks format; `undefined` if it is none. */
export const readSigningKey = (text: string): Buffer | undefined => {
  const [, encoded] = FORM.exec(text) ?? [];
  if (encoded === undefined) return undefined;
  const key = Buffer.from(encoded, 'base64');
  const isWhole = key.toString('base64') === encoded;
  return isWhole && key.length >= MIN_BYTES && key.length <= MAX_KEY_BYTES ? key : undefined;
};
