import type { ExecutionErrorCode } from '../domain/codes/execution-error-codes.ts';

/** Whether a name has addresses could not be found out. */
export class NameUnresolved extends Error {
  override readonly name = 'NameUnresolved';
  readonly code = 'EAI_AGAIN' satisfies ExecutionErrorCode;
  constructor(hostname: string, cause: unknown) {
    super(`${hostname} could not be resolved just now`, { cause });
  }
}
