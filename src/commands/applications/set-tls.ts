import { isDeepStrictEqual } from 'node:util';
import { ownApplication } from '../../domain/application/application.ts';
import { checkRoom, findNamed, withNamed } from '../../domain/application/named-values.ts';
import { type Actor, type Application, actorName, type EventOf, type TlsSettings } from '../../domain/events/index.ts';
import { refuseField } from '../../domain/refusal.ts';
import { expiryMs, expiryState, publicKeyId, readCertificates, readPrivateKey } from '../../domain/tls/certificates.ts';
import { isSameSealed, type Sealed, toInstant } from '../../domain/values.ts';
import type { CommandContext, CommandResult } from '../command.ts';
import type { CommandDeps } from '../command-deps.ts';
import { parseInput } from '../parse.ts';
import { loadApplicationOf } from './applications.ts';
import { changeApplication } from './change-application.ts';
import { SetTls, TlsNamed } from './tls-input.ts';

type SetTlsInput = {
  readonly applicationId: number;
  readonly tenant: string;
  readonly actor: Actor;
  readonly name: string;
  readonly origins: readonly string[];
  readonly ca: string | undefined;
  readonly certificate: string | undefined;
  /** Sealed; `keep` for the stored one. */
  readonly key: Sealed | 'keep' | undefined;
};

/**
 * Sets the TLS settings for some origins as a whole; records nothing if they say that already.
 * @throws Refusal BAD_INPUT where an origin has other settings, SECRET_KEEP_REFUSED where no key is stored that fits
 */
export const decideSetTls = (
  { name, actor, origins, ca, certificate, key: given, ...owner }: SetTlsInput,
  existing: Application | undefined,
  nowMs: number,
): EventOf<'TlsSet'>[] => {
  const application = ownApplication(existing, owner);
  refuseTakenOrigins(application, name, origins);
  const stored = findNamed(application.tls, name);
  const keyId = certificate === undefined ? undefined : keyIdOf(certificate);
  const key = given === 'keep' ? keptKey(stored, keyId, application.erasedGeneration) : given;
  const settings = {
    origins: [...new Set(origins)].sort(),
    ...(ca === undefined ? {} : { ca }),
    ...(certificate === undefined ? {} : { certificate }),
    ...(keyId === undefined ? {} : { keyId }),
  };
  const { name: _, key: storedKey, updatedAt: __, updatedBy: ___, ...storedSettings } = stored ?? NOTHING;
  if (isDeepStrictEqual(storedSettings, settings) && isSameSealed(storedKey, key)) return [];
  const tls = {
    name,
    ...settings,
    ...(key === undefined ? {} : { key }),
    updatedAt: toInstant(nowMs),
    updatedBy: actorName(actor),
  };
  const after = { ...application, tls: withNamed(application.tls, tls) };
  checkRoom(after);
  return [{ type: 'TlsSet', data: { ...after, tlsName: name } }];
};

const NOTHING: Partial<TlsSettings> = {};

const refuseTakenOrigins = ({ tls = [] }: Application, name: string, origins: readonly string[]): void => {
  for (const [index, origin] of origins.entries()) {
    const other = tls.find((each) => each.name !== name && each.origins.includes(origin));
    if (other !== undefined) throw refuseField('BAD_INPUT', `/origins/${index}`, `has the TLS settings ${other.name}`);
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
        ? 'the key stored here is that of another certificate'
        : 'the key stored here was erased';
  if (stored?.key !== undefined && stored.keyId === keyId && stored.key.$sealed.generation > erased) return stored.key;
  throw refuseField('SECRET_KEEP_REFUSED', '/key', `${why}: give the key itself`);
};

/** @throws Refusal BAD_INPUT unless the key is that of the first certificate */
const checkPair = ({ certificate, key }: SetTls): void => {
  if (certificate === undefined || typeof key !== 'string') return;
  const [leaf] = readCertificates(certificate) ?? [];
  const privateKey = readPrivateKey(key);
  if (leaf !== undefined && privateKey !== undefined && leaf.checkPrivateKey(privateKey)) return;
  throw refuseField(
    'BAD_INPUT',
    '/key',
    'is not the key of the first certificate: put the client’s own certificate first',
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

export const setTls =
  (deps: CommandDeps) =>
  async (
    context: CommandContext,
    applicationId: number,
    givenName: string,
    input: unknown,
  ): Promise<CommandResult<TlsSettings>> => {
    const { name } = parseInput(TlsNamed, { name: givenName });
    const parsed = parseInput(SetTls, input);
    checkPair(parsed);
    const { tenant, actor } = context;
    const { origins, ca, certificate, key: given } = parsed;
    // Checked first, so that no data key is made for an application that the tenant does not have.
    ownApplication(await loadApplicationOf(deps.store, applicationId, tenant), { applicationId, tenant });
    const key =
      typeof given === 'string'
        ? await deps.secrets.seal({ tenant, applicationId }, given, { kind: 'tls', name })
        : given && ('keep' as const);
    const nowMs = deps.world.clock.now();
    const { application, ...done } = await changeApplication(deps, {
      applicationId,
      context,
      decide: (existing) =>
        decideSetTls({ applicationId, tenant, actor, name, origins, ca, certificate, key }, existing, nowMs),
    });
    const settings = findNamed(application.tls, name);
    if (settings === undefined) throw new Error(`TLS settings ${name} of application ${applicationId} were not set`);
    return { ...done, value: settings, warnings: warningsOf(parsed, nowMs) };
  };
