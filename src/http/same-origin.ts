import type { IncomingMessage } from 'node:http';
import { Refusal } from '../domain/refusal.ts';

const SAFE_METHODS: ReadonlySet<string | undefined> = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * A browser sends its cookies along with whatever page asks it to, so a change that rests on the cookie has to come
 * from a page of ours: every browser says where it comes from.
 * @param publicUrl where this service is reached, if not where the Host header says
 * @throws Refusal CROSS_ORIGIN
 */
export const requireSameOrigin = (request: IncomingMessage, publicUrl: string | undefined): void => {
  if (SAFE_METHODS.has(request.method)) return;
  const { origin, host, 'sec-fetch-site': site } = request.headers;
  const siteSaysSame = site === undefined || site === 'same-origin';
  const originIsOurs = origin === undefined ? site === 'same-origin' : isOurs(origin, host, publicUrl);
  if (siteSaysSame && originIsOurs) return;
  throw new Refusal('CROSS_ORIGIN', 'a change on the session cookie must come from a page of the same origin');
};

/** Behind a proxy that ends TLS the scheme isn't known here, so the Host header is compared without it. */
const isOurs = (origin: string, host: string | undefined, publicUrl: string | undefined): boolean => {
  if (!URL.canParse(origin)) return false;
  const url = new URL(origin);
  return url.host === host || (publicUrl !== undefined && url.origin === new URL(publicUrl).origin);
};
