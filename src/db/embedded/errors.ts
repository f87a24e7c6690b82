export type EmbeddedPostgresErrorCode =
  | 'UNSUPPORTED_PLATFORM'
  | 'BINARIES_MISSING'
  | 'BINARIES_INCOMPLETE'
  | 'NO_SERVER_USER'
  | 'ALREADY_RUNNING'
  | 'NOT_OURS'
  | 'PASSWORD_LOST'
  | 'INIT_FAILED'
  | 'START_FAILED'
  | 'PORT_TAKEN'
  | 'ORPHAN_STAYS';

/** The embedded Postgres can't be used. The message says what to do. */
export class EmbeddedPostgresError extends Error {
  override readonly name = 'EmbeddedPostgresError';
  readonly code: EmbeddedPostgresErrorCode;

  constructor(code: EmbeddedPostgresErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
