import type { IncomingMessage } from 'node:http';
import { Refusal } from '../domain/refusal.ts';

const SAFE_METHODS: ReadonlySet<string | undefined> = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * Protects against cross-site request forgery. Browsers send cookies with requests of any page, so a change that is
 * authenticated by the cookie must come from a page of this service, as `Sec-Fetch-Site` or `Origin` says.
 * @param publicUrl the origin of this service, accepted beside the one in the Host header
 * @throws Refusal CROSS_ORIGIN
 */
export const requireSameOrigin = (request: IncomingMessage, publicUrl: string | undefined): void => {
  if (SAFE_METHODS.has(request.method)) return;
  const { origin, host, 'sec-fetch-site': site } = request.headers;
  const siteSaysSame = site === undefined || site === 'same-origin';
  // A form of a page that names no referrer says `null`, as ours do; so does a page of nobody's, which is no same-origin.
  const isUnsaid = origin === undefined || origin === 'null';
  const originIsOurs = isUnsaid ? site === 'same-origin' : isOurs(origin, host, publicUrl);
  if (siteSaysSame && originIsOurs) return;
  throw new Refusal('CROSS_ORIGIN', 'a change on the session cookie must come from a page of the same origin');
};

/** Compares with the Host header without the scheme, which is not known here behind a proxy that ends TLS. */
const isOurs = (origin: string, host: string | undefined, publicUrl: string | undefined): boolean => {
  if (!URL.canParse(origin)) return false;
  const url = new URL(origin);
  return url.host === host || (publicUrl !== undefined && url.origin === new URL(publicUrl).origin);
};
