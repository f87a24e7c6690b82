import type { ExecutionErrorCode } from '../../domain/codes/execution-error-codes.ts';

/** The name resolved to no address. */
export class NameNotFound extends Error {
  override readonly name = 'NameNotFound';
  readonly code = 'ENOTFOUND' satisfies ExecutionErrorCode;
  constructor(hostname: string) {
    super(`${hostname} doesn't resolve`);
  }
}

/** The proxy that calls go through gave no connection to the target. */
export class EgressProxyFailed extends Error {
  override readonly name = 'EgressProxyFailed';
  readonly code = 'EGRESS_PROXY_FAILED' satisfies ExecutionErrorCode;
  constructor(why: string, cause?: unknown) {
    super(`the egress proxy ${why}`, { cause });
  }
}

/** The check right before sending (`maySend`) said no; nothing was sent. */
export class Withheld extends Error {
  override readonly name = 'Withheld';
}

/** The connection failed before the answer was complete. `status` is known if the head of the answer had arrived. */
export class HopBroken extends Error {
  override readonly name = 'HopBroken';
  /** Whether the request may have reached the target. */
  readonly wasSent: boolean;
  readonly status: number | undefined;
  constructor(broken: { wasSent: boolean; status: number | undefined; cause: unknown }) {
    super('the call broke off', { cause: broken.cause });
    this.wasSent = broken.wasSent;
    this.status = broken.status;
  }
}
