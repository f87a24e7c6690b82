import { type DestinationStream, destination, type LoggerOptions, pino } from 'pino';
import type { Logger } from '../world.ts';
import { linesFor } from './terminal-lines.ts';
import { withoutCredentials } from './without-credentials.ts';

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export type LoggerConfig = {
  readonly level: LogLevel;
  /** `json`: one object a line, for machines. `terminal`: one line to read. */
  readonly format: 'json' | 'terminal';
  /** Where lines go; standard output by default, where container logs and pipes look. */
  readonly output?: DestinationStream;
};

const STANDARD_OUTPUT = 1;

/** The log of a process. `error` fields that hold an Error are written with type, message and stack. */
export const createLogger = ({ level, format, output }: LoggerConfig): Logger => {
  const stream = output ?? destination({ fd: STANDARD_OUTPUT, sync: false });
  return pino(pinoOptions(level), format === 'json' ? stream : linesFor(stream));
};

const errorFields = pino.stdSerializers.wrapErrorSerializer((error) => withoutCredentials(error));

const pinoOptions = (level: LogLevel): LoggerOptions => ({
  level,
  base: { pid: process.pid },
  timestamp: () => `,"time":"${new Date().toISOString()}"`,
  formatters: { level: (label) => ({ level: label }), log: withoutCredentials },
  serializers: { error: errorFields, err: errorFields },
});
