import { spawn } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { createInterface } from 'node:readline';
import { stripVTControlCharacters } from 'node:util';
import { type RunFolder, runFolder } from './run-folder.ts';
import { SUITES, type SuiteName, testFiles } from './test-files.ts';

export type TestCounts = {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
};

const CLOSING_LINE = /^(\d+) passed, (\d+) failed, (\d+) skipped$/;
/** After its last line mocha ends immediately, unless a test left a handle open. */
const LINGER_MS = 15_000;
/** Far longer than any file takes on a busy machine: mocha waits forever for a killed worker. */
const SILENT_MS = 30 * 60_000;

/**
 * Runs test files in parallel, one more than there are cores because they also wait for servers. Shows the report except its
 * closing line, which it returns. Arguments are passed on to mocha; if they name files, only these run.
 */
export const runMocha = async (suite: SuiteName, args: readonly string[]): Promise<TestCounts> => {
  const folder = await runFolder().catch(({ message }) => {
    console.log(message);
  });
  if (folder === undefined) return { passed: 0, failed: 1, skipped: 0 };
  try {
    const files = args.some((arg) => arg.endsWith('.ts')) ? [] : testFiles(suite, args);
    const sideBySide = ['--parallel', '--jobs', String(availableParallelism() + 1)];
    const counts = await runOne([...sideBySide, ...args, ...files], { folder, env: SUITES[suite].env });
    const left = await folder.leftovers();
    for (const one of left) console.log(`left behind: ${one}`);
    return { ...counts, failed: counts.failed + left.length };
  } finally {
    await folder.clear();
  }
};

type Surroundings = { readonly folder: RunFolder; readonly env: Readonly<Record<string, string>> };

const runOne = async (args: readonly string[], { folder, env }: Surroundings): Promise<TestCounts> => {
  const startedMs = performance.now();
  // A separate process group, so that everything that the tests start can be found and ended.
  const child = spawn('mocha', [...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
    detached: true,
    env: {
      ...process.env,
      ...env,
      TMPDIR: folder.path,
      // Otherwise npm and Vite store compiled code in the temporary folder.
      NODE_DISABLE_COMPILE_CACHE: '1',
      ...(process.stdout.isTTY ? { FORCE_COLOR: '1' } : {}),
    },
  });
  folder.group = child.pid;
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill(signal));
  const exit = new Promise<number | null>((resolve) => {
    child.once('error', ({ message }) => {
      console.log(`mocha could not be started: ${message}`);
      resolve(null);
    });
    child.once('close', resolve);
  });
  let closing: RegExpExecArray | null = null;
  let linger: NodeJS.Timeout | undefined;
  const silent = setTimeout(() => giveUp(child.pid, 'no test file has ended for half an hour'), SILENT_MS);
  for await (const line of createInterface({ input: child.stdout })) {
    const found = CLOSING_LINE.exec(stripVTControlCharacters(line));
    silent.refresh();
    if (found === null) console.log(line);
    else {
      closing = found;
      linger = setTimeout(() => giveUp(child.pid, 'a test left a timer, a connection or a server behind'), LINGER_MS);
    }
  }
  const code = await exit;
  clearTimeout(linger);
  clearTimeout(silent);
  console.log(`${code === 0 ? '✔' : '✘'} mocha ${((performance.now() - startedMs) / 1000).toFixed(1)} s`);
  return toCounts(closing, code);
};

const giveUp = (pid: number | undefined, why: string): void => {
  console.log(`mocha does not end by itself: ${why}`);
  if (pid !== undefined) process.kill(pid, 'SIGKILL');
};

/** Counts one more failure if mocha broke down: no closing line, or a clean count with a bad exit code. */
const toCounts = (closing: RegExpExecArray | null, code: number | null): TestCounts => {
  const [, passed = '0', failed = '0', skipped = '0'] = closing ?? [];
  const isBroken = closing === null || code !== 0;
  return {
    passed: Number(passed),
    failed: isBroken ? Math.max(1, Number(failed)) : Number(failed),
    skipped: Number(skipped),
  };
};
