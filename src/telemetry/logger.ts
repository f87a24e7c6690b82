import { AsyncLocalStorage } from 'node:async_hooks';
import { type DestinationStream, destination, type LoggerOptions, pino } from 'pino';
import { z } from 'zod';
import { defined } from '../domain/defined.ts';
import { toInstant } from '../domain/values.ts';
import type { LogFields, Logger } from '../runtime/runtime.ts';

const scope = new AsyncLocalStorage<LogFields | undefined>();

/** Runs work of one request or execution: every log line of the work has these fields. */
export const inLogScope = <T>(fields: LogFields, work: () => T): T => scope.run(fields, work);

/** The fields of the request or execution that the running code works for; `undefined` outside. */
const scopedFields = (): LogFields | undefined => scope.getStore();

/**
 * The logger of shared parts, such as a connection pool or a queue: even if a request starts them, their lines belong to no
 * request.
 */
export const unscoped = (log: Logger): Logger => ({
  debug: (fields, message) => scope.run(undefined, () => log.debug(fields, message)),
  info: (fields, message) => scope.run(undefined, () => log.info(fields, message)),
  warn: (fields, message) => scope.run(undefined, () => log.warn(fields, message)),
  error: (fields, message) => scope.run(undefined, () => log.error(fields, message)),
});

const LOG_LEVELS = ['debug', 'info', 'warn', 'error', 'silent'] as const;
type LogLevel = (typeof LOG_LEVELS)[number];

export type LoggerConfig = {
  readonly level: LogLevel;
  /** `json` writes one JSON object per line, for machines; `terminal` writes one readable line per entry. */
  readonly format: 'json' | 'terminal';
  /** Number of this engine, if another process started this one; added to each line. */
  readonly engine?: number | undefined;
  /** Receives the lines; standard output by default, because containers and pipes collect it. */
  readonly output?: DestinationStream;
};

type AdjustableLogger = Logger & {
  /** Switches to level `debug`, or back to the configured level. @returns the new level */
  toggleDebug(): string;
};

const STANDARD_OUTPUT = 1;

/**
 * Creates the logger of this process. A field `error` that holds an Error is written with its type, message and stack.
 */
export const createLogger = ({ level, format, engine, output }: LoggerConfig): AdjustableLogger => {
  const stream = output === undefined ? standardOutput() : { write: output.write.bind(output), flush: () => {} };
  const log = pino(pinoOptions({ level, engine }), format === 'json' ? stream : linesFor(stream));
  return {
    debug: (fields, message) => log.debug(fields, message),
    info: (fields, message) => log.info(fields, message),
    warn: (fields, message) => log.warn(fields, message),
    error: (fields, message) => {
      log.error(fields, message);
      stream.flush();
    },
    toggleDebug: () => {
      log.level = log.level === 'debug' ? quieter(level) : 'debug';
      return log.level;
    },
  };
};

/** How long lines wait for others, ms. Those of an error, and those before it, don't wait. */
const LINES_WAIT_MS = 100;

/**
 * Writes lines together, since a write costs more than a line; and as bytes: with texts, the stream would measure its whole
 * buffer at each write.
 */
const standardOutput = (): DestinationStream & { flush(): void } => {
  const options = { fd: STANDARD_OUTPUT, sync: false, contentMode: 'buffer' } as const;
  const stream: { write(lines: string | Uint8Array): boolean } = destination(options);
  let lines: string[] = [];
  let timer: NodeJS.Timeout | undefined;
  const flush = (): void => {
    clearTimeout(timer);
    if (lines.length > 0) stream.write(Buffer.from(lines.join('')));
    lines = [];
  };
  // Before the stream writes what it still holds.
  process.prependListener('exit', flush);
  return {
    write: (line) => {
      if (lines.push(line) === 1) timer = setTimeout(flush, LINES_WAIT_MS).unref();
    },
    flush,
  };
};

/** The level to return to; a process started with `debug` gets `info`. */
const quieter = (level: LogLevel): LogLevel => (level === 'debug' ? 'info' : level);

const errorFields = pino.stdSerializers.wrapErrorSerializer((error) => withoutCredentials(error));

const NO_FIELDS = {};

const pinoOptions = ({ level, engine }: Pick<LoggerConfig, 'level' | 'engine'>): LoggerOptions => ({
  level,
  base: { pid: process.pid, ...defined({ engine }) },
  timestamp: () => `,"time":"${toInstant(Date.now())}"`,
  formatters: { level: (label) => ({ level: label }), log: withoutCredentials },
  mixin: () => scopedFields() ?? NO_FIELDS,
  mixinMergeStrategy: (own, scoped) => (scoped === NO_FIELDS ? own : { ...scoped, ...own }),
  serializers: { error: errorFields },
});

const Line = z.looseObject({ level: z.string(), time: z.string(), msg: z.string().optional(), pid: z.unknown() });

/** Rewrites each JSON line for a terminal: time, level, message, then the fields as name=value. */
const linesFor = (output: DestinationStream): DestinationStream => ({
  write: (line) => output.write(`${readable(line)}\n`),
});

const readable = (line: string): string => {
  const { level, time, msg = '', pid: _pid, ...fields } = Line.parse(JSON.parse(line));
  const shown = Object.entries(fields).map(([name, value]) => `${name}=${shownValue(value)}`);
  const text = [time.slice(11, 23), level.toUpperCase().padEnd(5), msg, ...shown].join(' ');
  return text.replace(CONTROL, escaped);
};

/**
 * Control characters. Text from callers or targets may contain them, and a terminal would obey: they can clear the
 * screen or forge a log line.
 */
const CONTROL = /[\p{Cc}\u2028\u2029]/gu;
const escaped = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;

/** Text without blanks stays unquoted. Everything else becomes JSON, so that a stack trace stays on one line. */
const shownValue = (value: unknown): string =>
  typeof value === 'string' && /^[^\s"=]+$/.test(value) ? value : JSON.stringify(value);

const CREDENTIAL_NAME = /^(?:authorization|cookie|set-cookie|password|token)$/i;
const CENSOR = '[redacted]';
const MAX_DEPTH = 4;

type LogRecord = Record<string, unknown>;

/**
 * Replaces credentials in the fields of a log line, up to four levels deep. Returns the same record if there are none.
 * Hand-written because every execution writes log lines, and a general-purpose redaction is many times slower.
 */
const withoutCredentials = (fields: LogRecord, depth = 1): LogRecord => {
  let redacted: LogRecord | undefined;
  for (const name in fields) {
    const value = fields[name];
    const shown = redactedValue(name, value, depth);
    if (shown !== value) redacted = { ...(redacted ?? fields), [name]: shown };
  }
  return redacted ?? fields;
};

const redactedValue = (name: string, value: unknown, depth: number): unknown => {
  if (CREDENTIAL_NAME.test(name)) return CENSOR;
  return depth < MAX_DEPTH && isRecord(value) ? withoutCredentials(value, depth + 1) : value;
};

/** Errors are excluded: their serializer turns them into records and redacts those. */
const isRecord = (value: unknown): value is LogRecord =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Error);
