import type { RefusalCode } from './codes/problem-codes.ts';
import { Refusal } from './refusal.ts';

/** What each tenant may have, as the operator has set it; undefined where it is not bounded. */
export type TenantQuotas = {
  readonly jobs: number | undefined;
  readonly triggersPerMinute: number | undefined;
  /** Of requests' bodies. */
  readonly bodyBytesPerMinute: number | undefined;
  /** Streams of events open at once. */
  readonly streams: number | undefined;
  /** Names looked up at once. */
  readonly lookUps: number | undefined;
};

/** The tenant has used what it may have in a minute. */
export class QuotaUsedUp extends Refusal {
  readonly retryAfterSeconds: number;
  constructor(code: RefusalCode, message: string, retryAfterSeconds: number) {
    super(code, message);
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

/** @throws Refusal TOO_MANY_JOBS where the tenant has as many jobs as it may have */
export const admitJob = (has: number, { jobs }: Pick<TenantQuotas, 'jobs'>): void => {
  if (jobs === undefined || has < jobs) return;
  const why = `the tenant has the ${jobs} jobs that it may have: delete some, or have the operator raise TENANT_JOBS`;
  throw new Refusal('TOO_MANY_JOBS', why);
};
