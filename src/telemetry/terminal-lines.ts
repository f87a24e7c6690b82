import type { DestinationStream } from 'pino';
import { z } from 'zod';

const Line = z.looseObject({ level: z.string(), time: z.string(), msg: z.string().optional(), pid: z.unknown() });

/** Rewrites each JSON line for a terminal: time, level, message, then the fields as name=value. */
export const linesFor = (output: DestinationStream): DestinationStream => ({
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
