import { type DestinationStream, destination, type LoggerOptions, pino } from 'pino';
import { toInstant } from '../domain/values.ts';
import type { Logger } from '../world.ts';
import { scopedFields } from './log-scope.ts';
import { linesFor } from './terminal-lines.ts';
import { withoutCredentials } from './without-credentials.ts';

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export type LoggerConfig = {
  readonly level: LogLevel;
  /** `json` writes one JSON object per line, for machines; `terminal` writes one readable line per entry. */
  readonly format: 'json' | 'terminal';
  /** Receives the lines; standard output by default, because containers and pipes collect it. */
  readonly output?: DestinationStream;
};

export type AdjustableLogger = Logger & {
  /** Logs from `debug` on, or again from the level that was configured. @returns the level from now on */
  toggleDebug(): string;
};

const STANDARD_OUTPUT = 1;

/**
 * Creates the logger of this process. A field `error` that holds an Error is written with its type, message and stack.
 */
export const createLogger = ({ level, format, output }: LoggerConfig): AdjustableLogger => {
  const stream = output ?? destination({ fd: STANDARD_OUTPUT, sync: false });
  const log = pino(pinoOptions(level), format === 'json' ? stream : linesFor(stream));
  return Object.assign(log, {
    toggleDebug: () => {
      log.level = log.level === 'debug' ? quieter(level) : 'debug';
      return log.level;
    },
  });
};

/** The level that is gone back to; a process that was started with `debug` is made quieter instead. */
const quieter = (level: LogLevel): LogLevel => (level === 'debug' ? 'info' : level);

const errorFields = pino.stdSerializers.wrapErrorSerializer((error) => withoutCredentials(error));

const NO_FIELDS = {};

const pinoOptions = (level: LogLevel): LoggerOptions => ({
  level,
  base: { pid: process.pid },
  timestamp: () => `,"time":"${toInstant(Date.now())}"`,
  formatters: { level: (label) => ({ level: label }), log: withoutCredentials },
  mixin: () => scopedFields() ?? NO_FIELDS,
  mixinMergeStrategy: (own, scoped) => (scoped === NO_FIELDS ? own : { ...scoped, ...own }),
  serializers: { error: errorFields },
});
