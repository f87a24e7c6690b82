import type { DomainErrorCode } from '../domain/codes/problem-codes.ts';
import { DomainError } from '../domain/domain-error.ts';
import type { Position } from '../event-store/port.ts';

/**
 * A rejection that the log contains, such as an execution that was requested and cancelled. The request is complete, so its
 * `Idempotency-Key` is free again.
 */
export class RecordedRejection extends DomainError {
  /** Position of the last event; `undefined` if an earlier attempt recorded it. */
  readonly position: Position | undefined;
  constructor(code: DomainErrorCode, message: string, position: Position | undefined) {
    super(code, message);
    this.position = position;
  }
}
