import type { DestinationStream } from 'pino';
import { z } from 'zod';

const Line = z.looseObject({ level: z.string(), time: z.string(), msg: z.string().optional(), pid: z.unknown() });

/** Turns each JSON line into one for a reader: time, level, message, then the fields as name=value. */
export const linesFor = (output: DestinationStream): DestinationStream => ({
  write: (line) => output.write(`${readable(line)}\n`),
});

const readable = (line: string): string => {
  const { level, time, msg = '', pid: _pid, ...fields } = Line.parse(JSON.parse(line));
  const shown = Object.entries(fields).map(([name, value]) => `${name}=${shownValue(value)}`);
  const text = [time.slice(11, 23), level.toUpperCase().padEnd(5), msg, ...shown].join(' ');
  return text.replace(CONTROL, escaped);
};

/** A terminal obeys these: what a caller or a target wrote could colour, clear or retitle it, or forge a line. */
const CONTROL = /[\p{Cc}\u2028\u2029]/gu;
const escaped = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;

/** Text without blanks as it is; all else as JSON, which keeps line breaks of a stack out of the line. */
const shownValue = (value: unknown): string =>
  typeof value === 'string' && /^[^\s"=]+$/.test(value) ? value : JSON.stringify(value);
