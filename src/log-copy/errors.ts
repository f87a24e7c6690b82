type Code = 'SOURCE_EMPTY' | 'SOURCE_WRITTEN' | 'TARGET_TAKEN' | 'OUT_OF_ORDER' | 'COPY_DIFFERS';

/** A log could not be copied. The message states why and what to do. */
export class LogCopyFailed extends Error {
  override readonly name = 'LogCopyFailed';
  readonly code: Code;
  constructor(code: Code, message: string) {
    super(message);
    this.code = code;
  }
}

/** Creates the error for a copy with another order of events than the original. */
export const outOfOrder = (): LogCopyFailed =>
  new LogCopyFailed(
    'OUT_OF_ORDER',
    'Responses were lost, so the copied events are in a different order. Copy again to an empty target.',
  );
