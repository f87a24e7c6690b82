import type { DomainErrorCode } from './codes/problem-codes.ts';
import { DomainError } from './domain-error.ts';

/** Limits for each tenant, set by the operator; undefined means no limit. */
export type TenantQuotas = {
  /** Requests of one user or API token of the tenant. */
  readonly callerRequestsPerMinute: number | undefined;
  readonly jobs: number | undefined;
  readonly triggersPerMinute: number | undefined;
  /** Bytes of request bodies. */
  readonly bodyBytesPerMinute: number | undefined;
};

/** A tenant or a caller has used up a quota of the current minute. */
export class QuotaUsedUp extends DomainError {
  readonly retryAfterSeconds: number;
  constructor(code: DomainErrorCode, message: string, retryAfterSeconds: number) {
    super(code, message);
    this.retryAfterSeconds = retryAfterSeconds;
  }
}
