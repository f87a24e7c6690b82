import { spawn } from 'node:child_process';

/** One checker: several would check most types twice and take CPU from the tests. */
const ONE_CHECKER = ['--checkers', '1'];

export const STATIC_CHECKS = [
  { name: 'types', command: 'tsc', args: ['-p', '.', ...ONE_CHECKER] },
  { name: 'ui-types', command: 'tsc', args: ['-p', 'ui', ...ONE_CHECKER] },
  { name: 'lint', command: 'biome', args: ['ci', '--error-on-warnings', '--colors=off', '.'] },
  {
    name: 'imports',
    command: 'depcruise',
    args: ['--config', '.dependency-cruiser.mjs', 'src', 'packages', 'ui/src', 'bench', 'scripts'],
  },
  { name: 'unused', command: 'knip', args: ['--no-progress'] },
  // Queries the registry, so it runs only in CI; its output is always shown.
  { name: 'audit', command: process.execPath, args: ['scripts/audit.ts'], ciOnly: true, isShown: true },
] as const satisfies readonly Check[];

type Check = {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly ciOnly?: boolean;
  readonly isShown?: boolean;
};

export type StaticCheck = (typeof STATIC_CHECKS)[number];
export type CheckResult = { readonly name: StaticCheck['name']; readonly passed: boolean };

export const isCheckName = (text: string): text is StaticCheck['name'] =>
  STATIC_CHECKS.some(({ name }) => name === text);

/** Runs them in parallel; each prints its duration at the end, and its output on failure. */
export const runChecks = (checks: readonly StaticCheck[]): Promise<CheckResult[]> => Promise.all(checks.map(runCheck));

const runCheck = async (check: StaticCheck): Promise<CheckResult> => {
  const { name, command, args, isShown = false }: Check & Pick<StaticCheck, 'name'> = check;
  const startedMs = performance.now();
  const { code, output } = await collect(command, args);
  const passed = code === 0;
  const tookSeconds = ((performance.now() - startedMs) / 1000).toFixed(1);
  console.log(`${passed ? '✔' : '✘'} ${name} (${command}) ${tookSeconds} s`);
  if (!passed || isShown) console.log(output.trimEnd());
  return { name, passed };
};

type Collected = { readonly code: number | null; readonly output: string };

const collect = (command: string, args: readonly string[]): Promise<Collected> =>
  new Promise((resolve) => {
    const child = spawn(command, [...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    const take = (chunk: string) => {
      output += chunk;
    };
    child.stdout.setEncoding('utf8').on('data', take);
    child.stderr.setEncoding('utf8').on('data', take);
    child.once('error', ({ message }) => resolve({ code: null, output: message }));
    child.once('close', (code) => resolve({ code, output }));
  });
