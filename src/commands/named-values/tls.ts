import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { defined } from '../../domain/defined.ts';
import { rejectField } from '../../domain/domain-error.ts';
import type { Application, TlsSettings } from '../../domain/events/index.ts';
import {
  expiryMs,
  expiryState,
  publicKeyId,
  readCertificates,
  readPrivateKey,
} from '../../domain/named-values/keys.ts';
import { isSameSealed, type Sealed, toInstant } from '../../domain/values.ts';
import { requireApplication } from '../application/applications.ts';
import { parseInput, Slug } from '../parse.ts';
import { deleteNamed, type NamedValues, Origin, setByServer, setNamed, type ToBe } from './named-value.ts';

const MAX_ORIGINS = 20;
const MAX_PEM = 65_536;

const Certificates = z
  .string()
  .max(MAX_PEM)
  .refine((text) => readCertificates(text) !== undefined, 'must be one or more certificates in PEM, and nothing else');
const PrivateKey = z
  .string()
  .max(MAX_PEM)
  .refine((text) => readPrivateKey(text) !== undefined, 'must be a private key in PEM, without a passphrase');
/** Sent in place of the key to keep the stored one. */
const Kept = z.strictObject({ sealed: z.literal(true) });

/** Set as a whole. Of the certificates that GET returns, everything but their PEM is ignored. */
export const SetTls = z
  .strictObject({
    ...setByServer,
    origins: z
      .array(Origin.refine((origin) => origin.startsWith('https:'), 'must start with https:'))
      .min(1, 'must name at least one origin')
      .max(MAX_ORIGINS),
    ca: Certificates.optional(),
    certificate: Certificates.optional(),
    key: z.union([PrivateKey, Kept]).optional(),
    expiry: z.unknown().optional(),
    authorities: z.unknown().optional(),
    chain: z.unknown().optional(),
  })
  .check(({ value, issues }) => {
    const complain = (field: string, message: string): void => {
      issues.push({ code: 'custom', path: [field], message, input: value });
    };
    if (value.ca === undefined && value.certificate === undefined)
      complain('ca', 'give ca, certificate with key, or all');
    if (value.key !== undefined && value.certificate === undefined) complain('certificate', 'is required with key');
    if (value.certificate !== undefined && value.key === undefined) {
      complain('key', 'is required with certificate; {"sealed": true} keeps the stored key');
    }
  });
type SetTls = z.infer<typeof SetTls>;

/** TLS settings for calls of some origins: trusted authorities and client certificate. */
export const TLS: NamedValues<TlsSettings> = {
  kind: 'tls',
  noun: 'TLS settings',
  missing: 'TLS_NOT_FOUND',
  nameInput: Slug,
  listOf: ({ tls }) => tls,
  eventOf: (application, { what, list: tls, name: tlsName }) => ({
    type: `Tls${what}`,
    data: { ...application, tls, tlsName },
  }),
};

type TlsInput = {
  readonly origins: readonly string[];
  readonly ca: string | undefined;
  readonly certificate: string | undefined;
  /** Sealed; `keep` for the stored one. */
  readonly key: Sealed | 'keep' | undefined;
};

/** @throws DomainError BAD_INPUT if an origin has other settings, SECRET_NOT_REUSABLE if no fitting key is stored */
export const newTls =
  ({ origins, ca, certificate, key: given }: TlsInput): ToBe<TlsSettings> =>
  (stored, set, application) => {
    rejectTakenOrigins(application, set.name, origins);
    const keyId = certificate === undefined ? undefined : keyIdOf(certificate);
    const key = given === 'keep' ? keptKey(stored, keyId, application.erasedGeneration) : given;
    const settings = {
      origins: [...new Set(origins)].sort(),
      ...defined({ ca, certificate, keyId }),
    };
    const { name: _, key: storedKey, updatedAt: __, updatedBy: ___, ...storedSettings } = stored ?? NOTHING;
    if (isDeepStrictEqual(storedSettings, settings) && isSameSealed(storedKey, key)) return undefined;
    return { ...set, ...settings, ...defined({ key }) };
  };

const NOTHING: Partial<TlsSettings> = {};

const rejectTakenOrigins = ({ tls = [] }: Application, name: string, origins: readonly string[]): void => {
  for (const [index, origin] of origins.entries()) {
    const other = tls.find((each) => each.name !== name && each.origins.includes(origin));
    if (other !== undefined) throw rejectField('BAD_INPUT', `/origins/${index}`, `has the TLS settings ${other.name}`);
  }
};

const keyIdOf = (pem: string): string | undefined => {
  const [leaf] = readCertificates(pem) ?? [];
  return leaf && publicKeyId(leaf);
};

const keptKey = (stored: TlsSettings | undefined, keyId: string | undefined, erased = 0): Sealed => {
  const why =
    stored?.key === undefined
      ? 'no key is stored here'
      : stored.keyId !== keyId
        ? 'the stored key belongs to another certificate'
        : 'the stored key was erased';
  if (stored?.key !== undefined && stored.keyId === keyId && stored.key.$sealed.generation > erased) return stored.key;
  throw rejectField('SECRET_NOT_REUSABLE', '/key', `${why}: give the key itself`);
};

/** @throws DomainError BAD_INPUT unless the key fits the first certificate */
const checkPair = ({ certificate, key }: SetTls): void => {
  if (certificate === undefined || typeof key !== 'string') return;
  const [leaf] = readCertificates(certificate) ?? [];
  const privateKey = readPrivateKey(key);
  if (leaf !== undefined && privateKey !== undefined && leaf.checkPrivateKey(privateKey)) return;
  throw rejectField(
    'BAD_INPUT',
    '/key',
    'does not match the first certificate: put the client’s own certificate first',
  );
};

const warningsOf = ({ ca, certificate }: SetTls, nowMs: number): string[] =>
  Object.entries({ ca, certificate }).flatMap(([field, pem]) => {
    const expiries = pem === undefined ? [] : (readCertificates(pem) ?? []).map(expiryMs);
    const state = expiryState(expiries, nowMs);
    if (state === 'valid') return [];
    const at = toInstant(Math.min(...expiries));
    return [`${field}: a certificate ${state === 'expired' ? 'has expired at' : 'expires at'} ${at}`];
  });

export const setTls = setNamed(TLS, async (input, deps, { name, ...owner }) => {
  const parsed = parseInput(SetTls, input);
  checkPair(parsed);
  const { origins, ca, certificate, key: given } = parsed;
  // Checked first, so that no data key is made for an application that the tenant does not have.
  await requireApplication(deps.store, owner);
  const key =
    typeof given === 'string'
      ? await deps.secrets.seal(owner, given, { kind: 'tls', name })
      : given && ('keep' as const);
  return {
    toBe: newTls({ origins, ca, certificate, key }),
    warningsOf: () => warningsOf(parsed, deps.world.clock.now()),
  };
});

/** Calls of its origins then use no client certificate and the default authorities. */
export const deleteTls = deleteNamed(TLS);
