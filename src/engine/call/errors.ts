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

/** No access token could be had for the call, so nothing was sent to the target. */
export class AccessTokenFailed extends Error {
  override readonly name = 'AccessTokenFailed';
  readonly code: Extract<ExecutionErrorCode, `ACCESS_TOKEN_${string}` | 'TARGET_BLOCKED'>;
  constructor(code: AccessTokenFailed['code'], message: string) {
    super(message);
    this.code = code;
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
