import type { ServerResponse } from 'node:http';
import { QuotaUsedUp } from '../domain/quotas.ts';
import type { Authenticate } from './authenticate.ts';
import type { Caller } from './authorize.ts';
import type { Allowance, RequestQuotas } from './quotas.ts';

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
  const allowance = quotas.countRequest(keyOf(caller));
  if (allowance === undefined) return;
  const { perMinute, remaining, resetSeconds } = allowance;
  response.setHeader('RateLimit-Policy', `"caller";q=${perMinute};w=60`);
  response.setHeader('RateLimit', `"caller";r=${remaining};t=${resetSeconds}`);
  refuseOver(allowance);
};

/** Recognises callers of what is no route of the API, and counts their requests too. */
export const countCallers =
  (authenticate: Authenticate, quotas: Pick<RequestQuotas, 'countRequest'>): Authenticate =>
  async (request) => {
    const caller = await authenticate(request);
    refuseOver(quotas.countRequest(keyOf(caller)));
    return caller;
  };

const keyOf = ({ tenant, callerId }: Caller): string => JSON.stringify([tenant, callerId]);

const refuseOver = (allowance: Allowance | undefined): void => {
  if (allowance === undefined || allowance.waitSeconds === 0) return;
  const { perMinute, waitSeconds } = allowance;
  const why = `you have sent the ${perMinute} requests a minute that you may: try again in ${waitSeconds} s`;
  throw new QuotaUsedUp('TOO_MANY_REQUESTS', why, waitSeconds);
};
