import { spawn } from 'node:child_process';
import { access, constants } from 'node:fs/promises';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { createWorker, type Run } from '../../packages/worker/src/worker.ts';
import { plain } from '../runtime/text.ts';
import { accessOf, type ServerOptions } from './access.ts';
import { runOrExit } from './fail.ts';
import { took } from './table.ts';

const MAX_RESULT_BYTES = 65_536;

/**
 * `carillon worker run`: runs a program for each piece of work of a queue, until SIGTERM or SIGINT; then it waits for the
 * programs that run. A second signal ends it immediately.
 */
export const work = (
  options: ServerOptions & {
    readonly queue: string;
    readonly exec: string;
    readonly task?: readonly string[];
    readonly concurrency: number;
  },
): Promise<void> =>
  runOrExit(async () => {
    const { queue, exec, concurrency } = options;
    const program = path.resolve(exec);
    await access(program, constants.X_OK).catch(() => {
      throw new Error(`Can't run ${exec}. Check that the file exists and is executable.`);
    });
    const { url, token } = await accessOf(options, process.env);
    const tasks = options.task ?? ['*'];
    const note = (line: string): void => void process.stderr.write(`${new Date().toISOString()} ${plain(line)}\n`);
    const onError = (error: unknown): void => note(error instanceof Error ? error.message : String(error));
    const worker = createWorker({ url, token, queue, concurrency, onError });
    for (const task of tasks) {
      worker.on(task, async (run) => {
        const startedMs = performance.now();
        const told = (end: string): void =>
          note(
            `execution ${run.executionId} of ${run.jobName} ${end} in ${took(Math.round(performance.now() - startedMs))}`,
          );
        try {
          const result = await runProgram(program, run);
          told('succeeded');
          return result;
        } catch (error) {
          told(run.signal.aborted ? 'was cancelled' : `failed (${error instanceof Error ? error.message : error})`);
          throw error;
        }
      });
    }
    note(`working on ${options.task?.join(', ') ?? 'all tasks'} of ${queue}, up to ${concurrency} at a time`);
    await new Promise<void>((resolve) => {
      for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => resolve());
    });
    note('stopping: no new work is taken, running programs can finish');
    await worker.stop();
  });

/**
 * Runs the program with the input on its standard input. Its standard output is the result: JSON, or else text.
 * @throws Error with the exit code and the last line of its standard error
 */
const runProgram = async (program: string, run: Run<unknown>): Promise<unknown> => {
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
    stdio: ['pipe', 'pipe', 'pipe'],
    // A group of its own: Ctrl-C does not reach it, and a cancel reaches what it started.
    detached: true,
  });
  run.signal.addEventListener('abort', () => {
    if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, 'SIGTERM');
  });
  // A program that reads no input may end before it is written.
  child.stdin.on('error', () => {});
  child.stdin.end(run.input === undefined ? '' : JSON.stringify(run.input));
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output = `${output}${text}`.slice(0, MAX_RESULT_BYTES + 1);
  });
  let lastLine = '';
  createInterface(child.stderr).on('line', (line) => {
    process.stderr.write(`${line}\n`);
    if (line.trim() !== '') lastLine = line;
  });
  const [code, signal] = await new Promise<[number | null, NodeJS.Signals | null]>((resolve, reject) => {
    child.on('error', reject).on('close', (...end) => resolve(end));
  });
  if (code === 0) return resultOf(output);
  throw new Error([signal === null ? `exit code ${code}` : `ended by ${signal}`, lastLine].filter(Boolean).join(': '));
};

const resultOf = (output: string): unknown => {
  const text = output.trim();
  if (text === '') return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
};
