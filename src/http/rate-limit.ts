import type { ServerResponse } from 'node:http';
import { QuotaUsedUp } from '../domain/quotas.ts';
import type { Caller } from './authorize.ts';
import type { RequestQuotas } from './quotas.ts';

/**
 * Counts a request of a caller, and says in the headers of the answer what is left
 * (draft-ietf-httpapi-ratelimit-headers-10).
 * @throws QuotaUsedUp TOO_MANY_REQUESTS
 */
export const admitRequest = (
  response: Pick<ServerResponse, 'setHeader'>,
  caller: Caller,
  quotas: Pick<RequestQuotas, 'countRequest'>,
): void => {
  const allowance = quotas.countRequest(JSON.stringify([caller.tenant, caller.callerId]));
  if (allowance === undefined) return;
  const { perMinute, remaining, resetSeconds, waitSeconds } = allowance;
  response.setHeader('RateLimit-Policy', `"caller";q=${perMinute};w=60`);
  response.setHeader('RateLimit', `"caller";r=${remaining};t=${resetSeconds}`);
  if (waitSeconds === 0) return;
  const why = `you have sent the ${perMinute} requests a minute that you may: try again in ${waitSeconds} s`;
  throw new QuotaUsedUp('TOO_MANY_REQUESTS', why, waitSeconds);
};
