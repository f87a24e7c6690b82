import type { RefusalCode } from '../domain/codes/problem-codes.ts';
import { QuotaUsedUp, type TenantQuotas } from '../domain/quotas.ts';
import type { Tenant } from '../domain/values.ts';
import type { Clock } from '../world.ts';

/** The quotas of tenants for requests to this process, each within one minute. */
export type RequestQuotas = {
  /** Counts a trigger. @throws QuotaUsedUp TOO_MANY_TRIGGERS */
  countTrigger(tenant: Tenant): void;
  /** Checks the quota of bytes before a body is read. @throws QuotaUsedUp TOO_MANY_BYTES */
  admitBody(tenant: Tenant): void;
  countBody(tenant: Tenant, bytes: number): void;
};

type QuotaOptions = {
  readonly quotas: Pick<TenantQuotas, 'triggersPerMinute' | 'bodyBytesPerMinute'>;
  readonly clock: Pick<Clock, 'monotonic'>;
};

/** Creates the counters of quotas; a quota that is not set never refuses. */
export const createRequestQuotas = ({ quotas, clock }: QuotaOptions): RequestQuotas => {
  const triggers = createMeter(quotas.triggersPerMinute, clock);
  const bytes = createMeter(quotas.bodyBytesPerMinute, clock);
  const refuseAt = (code: RefusalCode, what: string, waitSeconds: number): void => {
    if (waitSeconds === 0) return;
    const why = `the tenant has used its quota of ${what} a minute: try again in ${waitSeconds} s`;
    throw new QuotaUsedUp(code, why, waitSeconds);
  };
  return {
    countTrigger: (tenant) => {
      refuseAt('TOO_MANY_TRIGGERS', `${quotas.triggersPerMinute} triggers`, triggers.waitSeconds(tenant));
      triggers.use(tenant, 1);
    },
    admitBody: (tenant) =>
      refuseAt('TOO_MANY_BYTES', `${quotas.bodyBytesPerMinute} bytes of bodies`, bytes.waitSeconds(tenant)),
    countBody: bytes.use,
  };
};

const MINUTE_MS = 60_000;
/** With more tenants than this, those whose use has worn off are removed. */
const MOST_TENANTS = 10_000;

type Meter = {
  /** Seconds until the tenant may use more; 0: now. */
  waitSeconds(tenant: Tenant): number;
  /** Counts a use. It may exceed the quota; the tenant then waits longer. */
  use(tenant: Tenant, amount: number): void;
};

const UNBOUNDED: Meter = { waitSeconds: () => 0, use: () => {} };

/** A leaky bucket for each tenant: use wears off evenly, `perMinute` in one minute. */
const createMeter = (perMinute: number | undefined, clock: QuotaOptions['clock']): Meter => {
  if (perMinute === undefined) return UNBOUNDED;
  const used = new Map<Tenant, { readonly amount: number; readonly atMs: number }>();
  const usedBy = (tenant: Tenant): number => {
    const last = used.get(tenant);
    if (last === undefined) return 0;
    return Math.max(0, last.amount - ((clock.monotonic() - last.atMs) / MINUTE_MS) * perMinute);
  };
  return {
    waitSeconds: (tenant) => {
      const over = usedBy(tenant) - perMinute + 1;
      return over <= 0 ? 0 : Math.max(1, Math.ceil((over / perMinute) * (MINUTE_MS / 1_000)));
    },
    use: (tenant, amount) => {
      if (used.size > MOST_TENANTS) for (const each of used.keys()) if (usedBy(each) === 0) used.delete(each);
      used.set(tenant, { amount: usedBy(tenant) + amount, atMs: clock.monotonic() });
    },
  };
};
