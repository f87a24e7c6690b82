import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { stripVTControlCharacters } from 'node:util';

export type TestCounts = {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
};

type Report = {
  readonly counts: TestCounts;
  /** The lines that say what failed, and why. */
  readonly failures: readonly string[];
  /** Files with tests that failed, but not by chance, and how many. */
  readonly failed: readonly { readonly file: string; readonly count: number }[];
};

const ALL_TESTS = 'test/**/*.test.ts';
/** Tests of services wait for slots most of the time: several processes run them side by side, in about equal parts. */
const BESIDE = [
  'test/e2e/[a-d]*.test.ts',
  'test/e2e/[e-o]*.test.ts',
  'test/e2e/[p-z]*.test.ts',
  'test/e2e/ui/*.test.ts',
  'test/integration/**/*.test.ts',
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
const FAILED_FILE = /^failed: (\d+) in (.+)$/;
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

/**
 * The report of the first part is shown as it comes, that of each other one after it, then what failed. Files with tests
 * that failed run once more by themselves, and that counts: beside so many others a core may be had too late. Where a test
 * strikes or draws by chance, what failed once has failed.
 */
const runSideBySide = async (): Promise<TestCounts> => {
  const [first = [], ...others] = SIDE_BY_SIDE;
  const held = others.map((args) => ({ args, lines: [] as string[] }));
  const reports = await Promise.all([
    runOne(first, (line) => console.log(line)),
    ...held.map(({ args, lines }) => runOne(args, (line) => lines.push(line))),
  ]);
  const last = [...held.map(({ lines }) => lines), ...reports.map(({ failures }) => failures)];
  for (const line of last.flat()) console.log(line);
  let total = reports.map(({ counts }) => counts).reduce(sumOf);
  for (const { file, count } of reports.flatMap(({ failed }) => failed)) {
    console.log(`${count} of ${file} failed beside others: once more by themselves`);
    const { counts, failures } = await runOne([file], (line) => console.log(line));
    for (const line of failures) console.log(line);
    if (counts.failed > 0) continue;
    total = { ...total, passed: total.passed + count, failed: total.failed - count };
  }
  return total;
};

const sumOf = (one: TestCounts, other: TestCounts): TestCounts => ({
  passed: one.passed + other.passed,
  failed: one.failed + other.failed,
  skipped: one.skipped + other.skipped,
});

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
  const failed: { file: string; count: number }[] = [];
  let listsFailures = false;
  let closing: RegExpExecArray | null = null;
  let linger: NodeJS.Timeout | undefined;
  for await (const line of lines) {
    const plain = stripVTControlCharacters(line);
    closing = CLOSING_LINE.exec(plain) ?? closing;
    listsFailures = (listsFailures || FAILURES_BEGIN.test(plain)) && !FAILURES_END.test(plain);
    const [, count, file] = FAILED_FILE.exec(plain) ?? [];
    if (file !== undefined) failed.push({ file, count: Number(count) });
    else if (CLOSING_LINE.test(plain)) linger = setTimeout(() => giveUp(child.pid), LINGER_MS);
    else if (listsFailures) failures.push(line);
    else show(line);
  }
  const code = await exit;
  clearTimeout(linger);
  show(`${code === 0 ? '✔' : '✘'} mocha ${((performance.now() - startedMs) / 1000).toFixed(1)} s`);
  return { counts: toCounts(closing, code), failures, failed };
};

const giveUp = (pid: number | undefined): void => {
  console.log('mocha does not end by itself: a test left a timer, a connection or a server behind');
  if (pid !== undefined) process.kill(pid, 'SIGKILL');
};

/** One failure more where mocha broke down: it gave no closing line, or a clean count with a bad exit code. */
const toCounts = (closing: RegExpExecArray | null, code: number | null): TestCounts => {
  const [, passed = '0', failed = '0', skipped = '0'] = closing ?? [];
  const isBroken = closing === null || code !== 0;
  return {
    passed: Number(passed),
    failed: isBroken ? Math.max(1, Number(failed)) : Number(failed),
    skipped: Number(skipped),
  };
};
