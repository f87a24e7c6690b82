import { access, constants } from 'node:fs/promises';
import path from 'node:path';
import { createWorker } from '../../packages/worker/src/worker.ts';
import { plain } from '../runtime/text.ts';
import { accessOf, type ServerOptions } from './access.ts';
import { runOrExit } from './fail.ts';
import { runProgram } from './run-program.ts';
import { took } from './table.ts';

/**
 * `carillon worker run`: runs a program for each piece of work of a queue, until SIGTERM or SIGINT, or until the server
 * rejects its requests; then it waits for the programs that run. A second signal ends it immediately.
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
    const onRecovered = (): void => note('the server responds again');
    const { promise: end, resolve: finish } = Promise.withResolvers<Error | undefined>();
    const worker = createWorker({ url, token, queue, concurrency, onError, onRecovered, onRejected: finish });
    for (const task of tasks) {
      worker.on(task, async (run) => {
        const startedMs = performance.now();
        const told = (end: string): void =>
          note(
            `execution ${run.executionId} of ${run.jobName} ${end} in ${took(Math.round(performance.now() - startedMs))}`,
          );
        try {
          const result = await runProgram(program, { run, stderr: process.stderr, warn: note });
          told('succeeded');
          return result;
        } catch (error) {
          told(run.signal.aborted ? 'was cancelled' : `failed (${error instanceof Error ? error.message : error})`);
          throw error;
        }
      });
    }
    note(`working on ${options.task?.join(', ') ?? 'all tasks'} of ${queue}, up to ${concurrency} at a time`);
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => finish(undefined));
    const rejection = await end;
    note('stopping: no new work is taken, running programs can finish');
    await worker.stop();
    if (rejection !== undefined) throw rejection;
  });
