import { type ChildProcess, spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import { sendable, storable } from '../../packages/worker/src/text.ts';
import type { Run } from '../../packages/worker/src/worker.ts';
import { plain } from '../runtime/text.ts';

/** Maximum of a result, in characters of JSON. */
const MAX_RESULT = 65_536;
/** Maximum of a message on file descriptor 3, and of what is kept of a line of standard error. */
const MAX_LINE = 65_536;
/** The end of standard error that is kept for the message of a failure. */
const KEPT_ERROR = 8_192;
const MESSAGES = 3;

/** What a program states on file descriptor 3. */
type Message = { readonly progress?: unknown; readonly retry?: unknown };

/** The run of a program, and where its standard error and warnings about it go. */
export type ProgramRun = {
  readonly run: Run<unknown>;
  readonly stderr: { write(bytes: Uint8Array): unknown };
  readonly warn: (message: string) => void;
};

/**
 * Runs the program with the input on its standard input. Its standard output is the result: JSON, or else text. On file
 * descriptor 3, it can write JSON lines: `{"progress": …}`, and `{"retry": "5m"}` for the delay of the next attempt.
 * @throws Error with the exit code and the last line of its standard error
 */
export const runProgram = async (program: string, { run, stderr, warn }: ProgramRun): Promise<unknown> => {
  // The token of this process is not the program's.
  const { CARILLON_TOKEN, ...env } = process.env;
  const child = spawn(program, [], {
    env: {
      ...env,
      CARILLON_TASK: run.task,
      CARILLON_EXECUTION_ID: String(run.executionId),
      CARILLON_JOB: run.jobName,
      CARILLON_ATTEMPT: String(run.attempt),
      CARILLON_SCHEDULED_AT: run.scheduledAt,
    },
    stdio: ['pipe', 'pipe', 'pipe', 'pipe'],
    // A group of its own: Ctrl-C does not reach it, and a cancel reaches what it started.
    detached: true,
  });
  const cancel = (): void => endGroup(child);
  run.signal.addEventListener('abort', cancel);
  // A program that reads no input may end before it is written.
  child.stdin.on('error', () => {});
  child.stdin.end(run.input === undefined ? '' : JSON.stringify(run.input));
  const output = keepOutput(child.stdout);
  const errorEnd = passOn(child.stderr, stderr);
  const { [MESSAGES]: messages } = child.stdio;
  if (messages && 'read' in messages) takeMessages(messages, { run, warn });
  try {
    const [code, signal] = await new Promise<[number | null, NodeJS.Signals | null]>((resolve, reject) => {
      child.on('error', reject).on('close', (...end) => resolve(end));
    });
    if (code === 0) return resultOf(output());
    const how = signal === null ? `exit code ${code}` : `ended by ${signal}`;
    throw new Error([how, errorEnd()].filter(Boolean).join(': '));
  } finally {
    run.signal.removeEventListener('abort', cancel);
  }
};

/** Sends SIGTERM to the program and to what it started. */
const endGroup = ({ pid }: ChildProcess): void => {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGTERM');
  } catch {
    // All of them have ended.
  }
};

type Output = { readonly text: string; readonly length: number };

/** Keeps the beginning of the output. @returns a function that returns it, and the length of all of it */
const keepOutput = (stdout: Readable): (() => Output) => {
  let text = '';
  let length = 0;
  stdout.setEncoding('utf8').on('data', (part: string) => {
    if (text.length <= MAX_RESULT) text += part.slice(0, MAX_RESULT + 1);
    length += part.length;
  });
  return () => ({ text, length });
};

const LINE_END = 0x0a;

/** Passes standard error on by lines. A line without an end is passed on in parts. @returns a function that returns its last line */
const passOn = (source: Readable, stderr: ProgramRun['stderr']): (() => string) => {
  let line = Buffer.alloc(0);
  let isLineOpen = false;
  let kept = Buffer.alloc(0);
  source.on('data', (part: Buffer) => {
    isLineOpen = part.at(-1) !== LINE_END;
    kept = Buffer.concat([kept, part.subarray(-KEPT_ERROR)]).subarray(-KEPT_ERROR);
    const end = line.length + part.length > MAX_LINE ? part.length : part.lastIndexOf(LINE_END) + 1;
    if (end > 0) {
      if (line.length > 0) stderr.write(line);
      stderr.write(part.subarray(0, end));
      line = Buffer.from(part.subarray(end));
    } else line = Buffer.concat([line, part]);
  });
  source.on('end', () => {
    if (isLineOpen) stderr.write(Buffer.concat([line, Buffer.of(LINE_END)]));
  });
  return () =>
    kept
      .toString()
      .split('\n')
      .findLast((each) => each.trim() !== '') ?? '';
};

/** Takes the messages of a program. Warns of the first one that can't be read; no message harms the run. */
const takeMessages = (source: Readable, { run, warn }: Pick<ProgramRun, 'run' | 'warn'>): void => {
  let hasWarned = false;
  const reject = (why: string): void => {
    if (!hasWarned) warn(`execution ${run.executionId} of ${run.jobName}: file descriptor 3: ${plain(why)}`);
    hasWarned = true;
  };
  const take = async (line: string): Promise<void> => {
    if (line.trim() === '') return;
    try {
      const { progress, retry, ...others }: Message = messageOf(line);
      const [unknown] = Object.keys(others);
      if (unknown !== undefined) return reject(`${JSON.stringify(unknown)} is unknown. Write "progress" or "retry".`);
      if (progress !== undefined) await run.progress(progress);
      if (retry !== undefined) run.retryIn(typeof retry === 'number' ? retry : String(retry));
    } catch (error) {
      reject(error instanceof Error ? error.message : String(error));
    }
  };
  let line = '';
  let isTooLong = false;
  const rejectLong = (): void => reject(`a line has more than ${MAX_LINE} characters.`);
  source.setEncoding('utf8').on('data', (part: string) => {
    const [first = '', ...more] = part.split('\n');
    for (const next of more.length === 0 ? [] : [first, ...more.slice(0, -1)]) {
      if (!isTooLong && line.length + next.length > MAX_LINE) rejectLong();
      else if (!isTooLong) void take(line + next);
      [line, isTooLong] = ['', false];
    }
    if (isTooLong) return;
    line += more.at(-1) ?? first;
    if (line.length <= MAX_LINE) return;
    rejectLong();
    [line, isTooLong] = ['', true];
  });
  source.on('end', () => void (isTooLong || take(line)));
  source.on('error', () => {});
};

/** @throws Error if the line is no JSON object */
const messageOf = (line: string): Message => {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    throw new Error(`${JSON.stringify(line.slice(0, 100))} is not JSON. Write one JSON object a line.`);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new Error(`${line.slice(0, 100)} is not a JSON object.`);
  }
  return value;
};

/** The result of a program. What can't be stored whole is cut, and says so: the work was done. */
const resultOf = ({ text, length }: Output): unknown => {
  if (length <= MAX_RESULT) {
    const output = text.trim();
    if (output === '') return undefined;
    const json = parsed(output);
    if (json !== undefined && JSON.stringify(json).length <= MAX_RESULT) return json;
    const whole = storable(output, output.length);
    if (JSON.stringify(whole).length <= MAX_RESULT) return whole;
  }
  const mark = `… (cut: the program wrote ${length} characters)`;
  for (let most = MAX_RESULT - mark.length - 2; ; most = Math.floor(most / 2)) {
    const cut = `${storable(text, most)}${mark}`;
    if (JSON.stringify(cut).length <= MAX_RESULT) return cut;
  }
};

/** The JSON of a text; undefined if it is none, or can't be stored. */
const parsed = (text: string): unknown => {
  try {
    return sendable(JSON.parse(text));
  } catch {
    return undefined;
  }
};
