type Code = 'SOURCE_EMPTY' | 'SOURCE_WRITTEN' | 'TARGET_TAKEN' | 'OUT_OF_ORDER' | 'COPY_DIFFERS';

/** A log could not be copied. The message says why and what to do. */
export class LogCopyFailed extends Error {
  override readonly name = 'LogCopyFailed';
  readonly code: Code;
  constructor(code: Code, message: string) {
    super(message);
    this.code = code;
  }
}
