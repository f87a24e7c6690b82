import type { ExecutionErrorCode } from '../../domain/codes/execution-error-codes.ts';

/** The name resolved to no address. */
export class NameNotFound extends Error {
  override readonly name = 'NameNotFound';
  readonly code = 'ENOTFOUND' satisfies ExecutionErrorCode;
  constructor(hostname: string) {
    super(`${hostname} doesn't resolve`);
  }
}

/** The last look before sending said no. */
export class Withheld extends Error {
  override readonly name = 'Withheld';
}

/** The connection failed before the answer was complete. `status` is given where its head had arrived. */
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
