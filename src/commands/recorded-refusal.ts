import type { RefusalCode } from '../domain/codes/problem-codes.ts';
import { Refusal } from '../domain/refusal.ts';
import type { Position } from '../event-store/port.ts';

/**
 * A refusal that the log has recorded, such as an execution that was requested and cancelled. Nothing else of the request
 * is to come, so its `Idempotency-Key` is free again.
 */
export class RecordedRefusal extends Refusal {
  /** Of the last event; undefined if an earlier attempt recorded it. */
  readonly position: Position | undefined;
  constructor(code: RefusalCode, message: string, position: Position | undefined) {
    super(code, message);
    this.position = position;
  }
}
