import type { ServerResponse } from 'node:http';
import type { DomainErrorCode } from '../../domain/codes/problem-codes.ts';
import { QuotaUsedUp, type TenantQuotas } from '../../domain/quotas.ts';
import type { Tenant } from '../../domain/values.ts';
import type { Clock } from '../../runtime/runtime.ts';
import type { Authenticate } from './authenticate.ts';
import type { Caller } from './authorize.ts';

/** The remaining quota of a caller. */
export type Allowance = {
  readonly perMinute: number;
  /** Number of requests that can be sent immediately; 0 if this one is rejected. */
  readonly remaining: number;
  /** Seconds until the full quota is available. */
  readonly resetSeconds: number;
  /** Seconds until the next request is admitted; 0 if this one is. */
  readonly waitSeconds: number;
};

/** Per-minute request quotas of tenants and callers in this process. */
export type RequestQuotas = {
  /** Counts a request of a user or API token, unless it has to wait; `undefined` without a quota. */
  countRequest(caller: string): Allowance | undefined;
  /** Counts a trigger. @throws QuotaUsedUp TOO_MANY_TRIGGERS */
  countTrigger(tenant: Tenant): void;
  /** Counts a test of an alert rule: one per minute and rule. @throws QuotaUsedUp TOO_MANY_TEST_CALLS */
  countRuleTest(tenant: Tenant, rule: string): void;
  /** Checks the quota of bytes before a body is read. @throws QuotaUsedUp TOO_MANY_BYTES */
  admitBody(tenant: Tenant): void;
  countBody(tenant: Tenant, bytes: number): void;
};

/** Creates the counters of quotas; without a setting, a quota never rejects. */
export const createRequestQuotas = (quotas: Omit<TenantQuotas, 'jobs'>, clock: Clock): RequestQuotas => {
  const { callerRequestsPerMinute: perMinute } = quotas;
  const requests = createMeter(perMinute, clock);
  const triggers = createMeter(quotas.triggersPerMinute, clock);
  const bytes = createMeter(quotas.bodyBytesPerMinute, clock);
  const ruleTests = createMeter(1, clock);
  const rejectAt = (code: DomainErrorCode, what: string, waitSeconds: number): void => {
    if (waitSeconds === 0) return;
    const why = `the tenant has reached its limit of ${what} per minute: retry in ${waitSeconds} s`;
    throw new QuotaUsedUp(code, why, waitSeconds);
  };
  return {
    countRequest: (caller) => {
      if (perMinute === undefined) return undefined;
      const waitSeconds = requests.waitSeconds(caller);
      if (waitSeconds === 0) requests.use(caller, 1);
      const used = requests.used(caller);
      const remaining = Math.max(0, Math.floor(perMinute - used));
      return { perMinute, remaining, resetSeconds: Math.ceil((used / perMinute) * MINUTE_S), waitSeconds };
    },
    countTrigger: (tenant) => {
      rejectAt('TOO_MANY_TRIGGERS', `${quotas.triggersPerMinute} triggers`, triggers.waitSeconds(tenant));
      triggers.use(tenant, 1);
    },
    countRuleTest: (tenant, rule) => {
      const which = JSON.stringify([tenant, rule]);
      const waitSeconds = ruleTests.waitSeconds(which);
      const why = `an alert rule can be tested once a minute: retry in ${waitSeconds} s`;
      if (waitSeconds > 0) throw new QuotaUsedUp('TOO_MANY_TEST_CALLS', why, waitSeconds);
      ruleTests.use(which, 1);
    },
    admitBody: (tenant) =>
      rejectAt('TOO_MANY_BYTES', `${quotas.bodyBytesPerMinute} bytes of request bodies`, bytes.waitSeconds(tenant)),
    countBody: bytes.use,
  };
};

const MINUTE_S = 60;
const MINUTE_MS = MINUTE_S * 1_000;
/** With more tenants or callers, unused counters are removed. */
const MAX_METERED = 10_000;

type Meter = {
  /** Seconds until this tenant or caller can use more; 0 if now. */
  waitSeconds(who: string): number;
  /** Usage that has not drained yet. */
  used(who: string): number;
  /** Counts a use. It can exceed the quota; the caller then waits longer. */
  use(who: string, amount: number): void;
};

const UNBOUNDED: Meter = { waitSeconds: () => 0, used: () => 0, use: () => {} };

/** A leaky bucket per tenant or caller, which drains `perMinute` in one minute. */
const createMeter = (perMinute: number | undefined, clock: Clock): Meter => {
  if (perMinute === undefined) return UNBOUNDED;
  const used = new Map<string, { readonly amount: number; readonly atMs: number }>();
  const usedBy = (who: string): number => {
    const last = used.get(who);
    if (last === undefined) return 0;
    return Math.max(0, last.amount - ((clock.monotonic() - last.atMs) / MINUTE_MS) * perMinute);
  };
  return {
    used: usedBy,
    waitSeconds: (who) => {
      const over = usedBy(who) - perMinute + 1;
      return over <= 0 ? 0 : Math.max(1, Math.ceil((over / perMinute) * MINUTE_S));
    },
    use: (who, amount) => {
      if (used.size > MAX_METERED) for (const each of used.keys()) if (usedBy(each) === 0) used.delete(each);
      used.set(who, { amount: usedBy(who) + amount, atMs: clock.monotonic() });
    },
  };
};

/**
 * Counts a request of a caller, and sets the response headers for the remaining quota
 * (draft-ietf-httpapi-ratelimit-headers-10).
 * @throws QuotaUsedUp TOO_MANY_REQUESTS
 */
export const admitRequest = (response: ServerResponse, caller: Caller, quotas: RequestQuotas): void => {
  const allowance = quotas.countRequest(keyOf(caller));
  if (allowance === undefined) return;
  const { perMinute, remaining, resetSeconds } = allowance;
  response.setHeader('RateLimit-Policy', `"caller";q=${perMinute};w=60`);
  response.setHeader('RateLimit', `"caller";r=${remaining};t=${resetSeconds}`);
  rejectOver(allowance);
};

/** Authenticates callers outside the API's routes and counts their requests too. */
export const countCallers =
  (authenticate: Authenticate, quotas: RequestQuotas): Authenticate =>
  async (request) => {
    const caller = await authenticate(request);
    rejectOver(quotas.countRequest(keyOf(caller)));
    return caller;
  };

const keyOf = ({ tenant, callerId }: Caller): string => JSON.stringify([tenant, callerId]);

const rejectOver = (allowance: Allowance | undefined): void => {
  if (allowance === undefined || allowance.waitSeconds === 0) return;
  const { perMinute, waitSeconds } = allowance;
  const why = `you have reached your limit of ${perMinute} requests per minute: retry in ${waitSeconds} s`;
  throw new QuotaUsedUp('TOO_MANY_REQUESTS', why, waitSeconds);
};
