import ipaddr from 'ipaddr.js';
import {
  type Address,
  coversAddress,
  isMetadataAddress,
  isMetadataName,
  judgePort,
  namesExactly,
  namesHost,
  specialRangeOf,
  type TargetPolicy,
} from './policy.ts';
import { metadataRejected, notAllowed, TargetRejected } from './target-url.ts';

type UrlJudgement =
  | { readonly verdict: 'rejected'; readonly rejection: TargetRejected }
  /** Carillon's own origin: its addresses are not checked. */
  | { readonly verdict: 'own' }
  /** The operator has allowed the name: internal addresses are accepted, but not that of a metadata service. */
  | { readonly verdict: 'listed' }
  /** The host is an allowed address. */
  | { readonly verdict: 'address'; readonly address: string }
  /** Depends on the addresses of the name. With `unlisted`, the operator must have allowed each of them. */
  | { readonly verdict: 'name'; readonly unlisted?: TargetRejected };

/** Domains that are used only inside networks. */
const INTERNAL_ZONES = [
  'localhost',
  'localdomain',
  'local',
  'internal',
  'intranet',
  'private',
  'corp',
  'home',
  'lan',
  'svc',
  'home.arpa',
].map((zone) => `.${zone}`);

const DEFAULT_PORTS = new Map([
  ['http:', 80],
  ['https:', 443],
]);

const portOf = (url: URL): number => (url.port === '' ? (DEFAULT_PORTS.get(url.protocol) ?? 0) : Number(url.port));

/** The host of a URL, without the dot at the end of a name and the brackets around an IPv6 address. */
const hostOf = (url: URL): string => {
  const { hostname } = url;
  if (hostname.startsWith('[')) return hostname.slice(1, -1);
  return hostname.endsWith('.') ? hostname.slice(0, -1) : hostname;
};

const entryFor = (url: URL): string => `${url.hostname.replace(/\.$/, '')}:${portOf(url)}`;

const reject = (rejection: TargetRejected): UrlJudgement => ({ verdict: 'rejected', rejection });

const judgeName = (url: URL, name: string, policy: TargetPolicy): UrlJudgement => {
  const port = portOf(url);
  const entry = entryFor(url);
  if (policy.allowed.some((each) => namesExactly(each, name, port))) return { verdict: 'listed' };
  if (isMetadataName(name)) return reject(metadataRejected(name));
  if (policy.internal.some((each) => namesHost(each, name, port))) {
    const why = `${name} is an internal service: call it through the gateway`;
    return reject(notAllowed('internal-host', why, entry));
  }
  if (policy.allowed.some((each) => namesHost(each, name, port))) return { verdict: 'listed' };
  const isInternal = !name.includes('.') || INTERNAL_ZONES.some((zone) => name.endsWith(zone));
  if (!isInternal && !policy.listedOnly) return { verdict: 'name' };
  const unlisted = isInternal
    ? notAllowed('internal-name', `${name} is a name in an internal network`, entry)
    : notListed(name, entry);
  // The name may still resolve to an address that the operator has allowed.
  const mayBeListed = policy.allowed.some(({ kind }) => kind === 'range');
  return mayBeListed ? { verdict: 'name', unlisted } : reject(unlisted);
};

/** Checks a target by its URL, before its name is looked up. Relies on the normalization of WHATWG URLs. */
export const judgeUrl = (url: URL, policy: TargetPolicy): UrlJudgement => {
  if (!DEFAULT_PORTS.has(url.protocol)) {
    return reject(new TargetRejected({ rule: 'not-http', why: `${url.protocol} is not http: or https:` }));
  }
  if (url.username !== '' || url.password !== '') {
    const why = 'the URL contains a user name or password: use auth instead';
    return reject(new TargetRejected({ rule: 'userinfo', why }));
  }
  if (policy.ownOrigin === url.origin) return { verdict: 'own' };
  const host = hostOf(url);
  if (host === '') return reject(new TargetRejected({ rule: 'invalid-url', why: 'the URL has no host' }));
  const port = portOf(url);
  const portRejection = judgePort(port, policy.ports);
  if (portRejection !== undefined) return reject(portRejection);
  const address = parseAddress(host);
  if (address === undefined) return judgeName(url, host, policy);
  const rejection = judgeParsed(address, { port, entry: entryFor(url), shown: host }, policy);
  return rejection === undefined ? { verdict: 'address', address: host } : reject(rejection);
};

/** Checks the addresses of a URL's name. Returns the first rejection, or `undefined` if all of them can be called. */
export const judgeAddresses = (
  url: URL,
  addresses: readonly string[],
  policy: TargetPolicy,
): TargetRejected | undefined => {
  const judgement = judgeUrl(url, policy);
  switch (judgement.verdict) {
    case 'rejected':
      return judgement.rejection;
    case 'own':
    case 'address':
      return undefined;
    case 'listed':
    case 'name': {
      const port = portOf(url);
      const isListedName = judgement.verdict === 'listed';
      const unlisted = judgement.verdict === 'name' ? judgement.unlisted : undefined;
      for (const text of addresses) {
        const address = parseAddress(text);
        if (address === undefined)
          return new TargetRejected({ rule: 'invalid-address', why: `${text} is not an address` });
        // The message omits the address: it would reveal an internal network to the caller.
        const at = { port, entry: entryFor(url), shown: `an address of ${hostOf(url)}` };
        const rejection = judgeParsed(address, at, { ...policy, isListedName });
        if (rejection !== undefined) return rejection;
        const isCovered = policy.allowed.some((entry) => coversAddress(entry, address, port));
        if (unlisted !== undefined && !isCovered) return unlisted;
      }
      return undefined;
    }
  }
};

/** Looks up all A and AAAA addresses of a name. For a name that does not resolve, it rejects or returns none. */
export type Resolve = (hostname: string) => Promise<readonly string[]>;
/** The resolver of a tenant: each has its own share of lookups, so that tenants do not delay each other. */
export type ResolveFor = (tenant: string) => Resolve;

type TargetCheck =
  | { readonly ok: true; readonly addresses: readonly string[]; readonly warning?: string }
  | { readonly ok: false; readonly rejection: TargetRejected };

/**
 * Checks a target when a job is created or changed. A name that does not resolve is accepted with a warning, because the
 * target is checked again at each execution.
 */
export const checkTarget = async (url: URL, policy: TargetPolicy, resolve: Resolve): Promise<TargetCheck> => {
  const judgement = judgeUrl(url, policy);
  switch (judgement.verdict) {
    case 'rejected':
      return { ok: false, rejection: judgement.rejection };
    case 'own':
      return { ok: true, addresses: [] };
    case 'address':
      return { ok: true, addresses: [judgement.address] };
    case 'listed':
    case 'name': {
      const addresses = await resolve(url.hostname).catch(() => []);
      if (addresses.length === 0) {
        if (judgement.verdict === 'name' && judgement.unlisted !== undefined) {
          return { ok: false, rejection: judgement.unlisted };
        }
        const warning = `${url.hostname} doesn't resolve now; each execution checks the target again`;
        return { ok: true, addresses: [], warning };
      }
      const rejection = judgeAddresses(url, addresses, policy);
      return rejection === undefined ? { ok: true, addresses } : { ok: false, rejection };
    }
  }
};

/** `entry` is the setting's entry that would allow the address; `shown` describes the address in messages. */
type JudgedAddress = { readonly port: number; readonly entry: string; readonly shown: string };

/** With `isListedName`, the operator has allowed the name: only the address of a metadata service is rejected. */
const judgeParsed = (
  address: Address,
  at: JudgedAddress,
  policy: TargetPolicy & { readonly isListedName?: boolean },
): TargetRejected | undefined => {
  const covering = policy.allowed.filter((entry) => coversAddress(entry, address, at.port));
  if (covering.some((entry) => entry.kind === 'range' && entry.isSingle)) return undefined;
  if (isMetadataAddress(address)) return metadataRejected(at.shown);
  if (covering.length > 0 || policy.isListedName === true) return undefined;
  if (policy.internal.some((entry) => coversAddress(entry, address, at.port))) {
    const why = `${at.shown} is an internal service: call it through the gateway`;
    return notAllowed('internal-host', why, at.entry);
  }
  const special = specialRangeOf(address);
  if (special !== undefined) return notAllowed(special.rule, `${at.shown} is in ${special.cidr}`, at.entry);
  return policy.listedOnly ? notListed(at.shown, at.entry) : undefined;
};

/** Rejects a target that only `TARGETS=listed` forbids. */
const notListed = (shown: string, entry: string): TargetRejected =>
  notAllowed('not-listed', `${shown} is not listed, and TARGETS=listed blocks everything else`, entry);

const parseAddress = (text: string): Address | undefined => (ipaddr.isValid(text) ? ipaddr.parse(text) : undefined);

/** Returns whether an address is in no special-purpose range. */
export const isPublicAddress = (text: string): boolean => {
  const address = parseAddress(text);
  return address !== undefined && specialRangeOf(address) === undefined;
};

/** Why an address can't be called at this port; `undefined` if it can. */
export const judgeAddress = (text: string, policy: TargetPolicy, port: number): TargetRejected | undefined => {
  const address = parseAddress(text);
  if (address === undefined) return new TargetRejected({ rule: 'invalid-address', why: `${text} is not an address` });
  const entry = `${address.kind() === 'ipv4' ? text : `[${text}]`}:${port}`;
  return judgeParsed(address, { port, entry, shown: text }, policy);
};
