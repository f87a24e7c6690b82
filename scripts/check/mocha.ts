import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { stripVTControlCharacters } from 'node:util';

export type TestCounts = {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  /** Nothing failed, and mocha ended by itself with exit code 0. */
  readonly clean: boolean;
};

type Report = {
  readonly counts: TestCounts;
  /** The lines that say what failed, and why. */
  readonly failures: readonly string[];
};

const ALL_TESTS = 'test/**/*.test.ts';
/** Tests of services wait for slots most of the time: several processes run them side by side, in about equal parts. */
const BESIDE = [
  'test/e2e/[a-d]*.test.ts',
  'test/e2e/[e-o]*.test.ts',
  'test/e2e/[p-z]*.test.ts',
  'test/{e2e/ui,integration}/**/*.test.ts',
  'test/chaos/**/*.test.ts',
  // By itself, as it takes clocks, timers and randomness away from all that runs beside it in its process.
  'test/simulation/*.test.ts',
];
const SIDE_BY_SIDE = [
  [ALL_TESTS, ...BESIDE.flatMap((tests) => ['--ignore', tests])],
  ...BESIDE.map((tests) => [tests]),
];
/** Between these two lines mocha lists what failed, with the reasons. */
const FAILURES_BEGIN = /^\s+\d+ failing$/;
const FAILURES_END = /^\s+time: /;
const CLOSING_LINE = /^(\d+) passed, (\d+) failed, (\d+) skipped$/;
/** After its last line mocha ends at once, unless a test left a handle open. */
const LINGER_MS = 15_000;

/** Runs the tests, all of them unless files are given, and shows the report but its closing line, which it returns. */
export const runMocha = async (args: readonly string[]): Promise<TestCounts> => {
  if (args.length === 0) return runSideBySide();
  const tests = args.some((arg) => arg.endsWith('.ts')) ? args : [...args, ALL_TESTS];
  const { counts, failures } = await runOne(tests, (line) => console.log(line));
  for (const line of failures) console.log(line);
  return counts;
};

/** The report of the first part is shown as it comes, that of each other one after it, and last of all what failed. */
const runSideBySide = async (): Promise<TestCounts> => {
  const held: string[] = [];
  const [first = [], ...others] = SIDE_BY_SIDE;
  const reports = await Promise.all([
    runOne(first, (line) => console.log(line)),
    ...others.map((args) => runOne(args, (line) => held.push(line))),
  ]);
  for (const line of [...held, ...reports.flatMap(({ failures }) => failures)]) console.log(line);
  const all = reports.map(({ counts }) => counts);
  return {
    passed: sumOf(all, 'passed'),
    failed: sumOf(all, 'failed'),
    skipped: sumOf(all, 'skipped'),
    clean: all.every(({ clean }) => clean),
  };
};

const sumOf = (all: readonly TestCounts[], count: 'passed' | 'failed' | 'skipped'): number =>
  all.reduce((sum, counts) => sum + counts[count], 0);

const runOne = async (args: readonly string[], show: (line: string) => void): Promise<Report> => {
  const startedMs = performance.now();
  const child = spawn('mocha', [...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, ...(process.stdout.isTTY ? { FORCE_COLOR: '1' } : {}) },
  });
  const lines = createInterface({ input: child.stdout });
  const exit = new Promise<number | null>((resolve) => {
    child.once('error', ({ message }) => {
      show(`mocha could not be started: ${message}`);
      resolve(null);
    });
    child.once('close', resolve);
  });
  const failures: string[] = [];
  let listsFailures = false;
  let closing: RegExpExecArray | null = null;
  let linger: NodeJS.Timeout | undefined;
  for await (const line of lines) {
    const plain = stripVTControlCharacters(line);
    closing = CLOSING_LINE.exec(plain) ?? closing;
    listsFailures = (listsFailures || FAILURES_BEGIN.test(plain)) && !FAILURES_END.test(plain);
    if (CLOSING_LINE.test(plain)) linger = setTimeout(() => giveUp(child.pid), LINGER_MS);
    else if (listsFailures) failures.push(line);
    else show(line);
  }
  const code = await exit;
  clearTimeout(linger);
  show(`${code === 0 ? '✔' : '✘'} mocha ${((performance.now() - startedMs) / 1000).toFixed(1)} s`);
  return { counts: toCounts(closing, code), failures };
};

const giveUp = (pid: number | undefined): void => {
  console.log('mocha does not end by itself: a test left a timer, a connection or a server behind');
  if (pid !== undefined) process.kill(pid, 'SIGKILL');
};

/** Without its closing line mocha broke down; a clean count with a bad exit code is one failure more. */
const toCounts = (closing: RegExpExecArray | null, code: number | null): TestCounts => {
  const [, passed = '0', failed = '0', skipped = '0'] = closing ?? [];
  const known = Number(failed);
  return {
    passed: Number(passed),
    failed: known === 0 && code !== 0 ? 1 : known,
    skipped: Number(skipped),
    clean: code === 0 && closing !== null && known === 0,
  };
};
