import type { ExecutionErrorCode } from '../domain/codes/execution-error-codes.ts';

/** No server answered whether the name has addresses. Trying again may succeed. */
export class NameUnresolved extends Error {
  override readonly name = 'NameUnresolved';
  readonly code = 'EAI_AGAIN' satisfies ExecutionErrorCode;
  constructor(hostname: string, cause: unknown) {
    super(`${hostname} could not be resolved just now`, { cause });
  }
}
