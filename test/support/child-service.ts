import { spawn } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { createInterface } from 'node:readline';
import type { Role } from '../../src/compose.ts';
import { type Api, apiClient } from './api.ts';

/** The program and the Node that processes run: those of the checkout, or of an installed package. */
export const PROGRAM = process.env.CARILLON_PROGRAM ?? path.resolve('src/main.ts');
export const NODE = process.env.CARILLON_NODE ?? process.execPath;

export type ChildService = {
  readonly url: string;
  readonly token: string;
  readonly pid: number;
  readonly api: Api;
  /** The lines that it has printed. */
  readonly said: readonly string[];
  /** Resolves with the last of `times` matching lines when they are printed. */
  says(pattern: RegExp, times?: number): Promise<string>;
  /** Resolves when the process and all its children are gone, so that nothing can be printed. */
  closed(): Promise<void>;
  /** Suspends and resumes the process, like one that is asleep or starved. */
  freeze(): void;
  thaw(): void;
  /** Ends it with this signal; resolves with its exit code when it is gone. */
  end(signal: NodeJS.Signals): Promise<number | null>;
};

/** Runs `carillon start` as a process, like a new user; resolves when it reports that it is running. */
export const startChildService = async (
  dataDir: string,
  settings: Readonly<Record<string, string>> = {},
  roles: readonly Role[] = [],
  program = PROGRAM,
): Promise<ChildService> => {
  const child = spawn(NODE, [program, 'start', ...roles.flatMap((role) => ['--role', role])], {
    env: { PATH: process.env.PATH ?? '', PORT: '0', ENGINES: '1', CARILLON_DATA: dataDir, ...settings },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const exited = once(child, 'exit');
  const closed = once(child, 'close');
  const printed = new EventEmitter();
  const said: string[] = [];
  const running = new Promise<void>((resolve) => {
    for (const output of [child.stdout, child.stderr]) {
      createInterface(output).on('line', (line) => {
        said.push(line);
        printed.emit('line');
        if (line.startsWith('Carillon is running')) resolve();
      });
    }
  });
  // Closed, not only exited: what it printed last says why it ended.
  await Promise.race([running, closed]);
  if (child.exitCode !== null || child.pid === undefined) throw new Error(`it did not start:\n${said.join('\n')}`);
  const run = JSON.parse(await readFile(path.join(dataDir, 'run.json'), 'utf8'));
  return {
    url: run.url,
    token: run.token,
    pid: child.pid,
    api: apiClient(run.url, run.token),
    said,
    says: async (pattern, times = 1) => {
      for (;;) {
        const line = said.filter((each) => pattern.test(each))[times - 1];
        if (line !== undefined) return line;
        await once(printed, 'line');
      }
    },
    closed: async () => void (await closed),
    freeze: () => void child.kill('SIGSTOP'),
    thaw: () => void child.kill('SIGCONT'),
    end: async (signal) => {
      child.kill(signal);
      await exited;
      return child.exitCode;
    },
  };
};
