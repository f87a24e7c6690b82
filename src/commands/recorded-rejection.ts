import type { DomainErrorCode } from '../domain/codes/problem-codes.ts';
import { DomainError } from '../domain/domain-error.ts';
import type { Position } from '../event-store/port.ts';

/**
 * A rejection that the log has recorded, such as an execution that was requested and cancelled. Nothing else of the request
 * is to come, so its `Idempotency-Key` is free again.
 */
export class RecordedRejection extends DomainError {
  /** Of the last event; undefined if an earlier attempt recorded it. */
  readonly position: Position | undefined;
  constructor(code: DomainErrorCode, message: string, position: Position | undefined) {
    super(code, message);
    this.position = position;
  }
}
