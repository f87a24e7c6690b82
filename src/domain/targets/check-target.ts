import { judgeAddresses, judgeUrl } from './judge-url.ts';
import type { TargetPolicy } from './policy.ts';
import type { TargetRefused } from './refused.ts';

/** Looks up all A and AAAA addresses of a name. If the name does not resolve, it rejects or returns none. */
export type Resolve = (hostname: string) => Promise<readonly string[]>;
/** The resolver of a tenant: each has its own share of look-ups, so that no tenant has to wait for the others. */
export type ResolveFor = (tenant: string) => Resolve;

export type TargetCheck =
  | { readonly ok: true; readonly addresses: readonly string[]; readonly warning?: string }
  | { readonly ok: false; readonly refusal: TargetRefused };

/**
 * Judges a target when a job is created or changed. A name that does not resolve at that time is accepted with a
 * warning, since the target is judged again at each execution.
 */
export const checkTarget = async (url: URL, policy: TargetPolicy, resolve: Resolve): Promise<TargetCheck> => {
  const judgement = judgeUrl(url, policy);
  switch (judgement.verdict) {
    case 'refused':
      return { ok: false, refusal: judgement.refusal };
    case 'own':
      return { ok: true, addresses: [] };
    case 'address':
      return { ok: true, addresses: [judgement.address] };
    case 'listed':
    case 'name': {
      const addresses = await resolve(url.hostname).catch(() => []);
      if (addresses.length === 0) {
        if (judgement.verdict === 'name' && judgement.unlisted !== undefined) {
          return { ok: false, refusal: judgement.unlisted };
        }
        const warning = `${url.hostname} doesn't resolve now; the target is judged again at each execution`;
        return { ok: true, addresses: [], warning };
      }
      const refusal = judgeAddresses(url, addresses, policy);
      return refusal === undefined ? { ok: true, addresses } : { ok: false, refusal };
    }
  }
};
