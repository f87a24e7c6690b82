import { parseArgs } from 'node:util';
import { runMocha, type TestCounts } from './check/mocha.ts';
import { type CheckResult, isCheckName, runChecks, STATIC_CHECKS } from './check/static-checks.ts';
import { isSuiteName, SUITES } from './check/test-files.ts';

/**
 * npm test: every check, each with how long it took, beside the tests.
 *   npm test                          everything but the long tests
 *   npm test -- --only types          one check: types, ui-types, lint, imports, unused, audit or mocha
 *   npm test -- -g "spring gap"       only mocha; anything unknown here is passed on to it
 *   npm run test:long                 the long tests: the same as --only long
 */
const { only, forMocha } = readArguments(process.argv.slice(2));

const inCi = process.env.CI === 'true';
const checks = STATIC_CHECKS.filter((check) => {
  if (only) return check.name === only;
  return forMocha.length === 0 && (inCi || !('ciOnly' in check));
});
const suite = only ?? 'mocha';
const [results, counts] = await Promise.all([
  runChecks(checks),
  isSuiteName(suite) ? runMocha(suite, forMocha) : undefined,
]);

report(results, counts);
process.exitCode = results.every(({ passed }) => passed) && (counts?.failed ?? 0) === 0 ? 0 : 1;

function readArguments(given: readonly string[]) {
  const { tokens } = parseArgs({
    args: [...given],
    options: { only: { type: 'string' } },
    strict: false,
    tokens: true,
  });
  const flag = tokens.find((token) => token.kind === 'option' && token.name === 'only');
  if (flag?.kind !== 'option') return { only: undefined, forMocha: given };
  const value = flag.value ?? '';
  if (!isSuiteName(value) && !isCheckName(value)) {
    throw new Error(`--only takes ${[...STATIC_CHECKS.map(({ name }) => name), ...Object.keys(SUITES)].join(', ')}`);
  }
  const used = flag.inlineValue ? 1 : 2;
  return { only: value, forMocha: [...given.slice(0, flag.index), ...given.slice(flag.index + used)] };
}

/** The last line counts the checks too: each is one more test. */
function report(checks: readonly CheckResult[], tests: TestCounts | undefined): void {
  const failed = checks.filter(({ passed }) => !passed);
  if (failed.length > 0) console.log(`checks that failed: ${failed.map(({ name }) => name).join(', ')}`);
  const passes = checks.length - failed.length + (tests?.passed ?? 0);
  const failures = failed.length + (tests?.failed ?? 0);
  console.log(`${passes} passed, ${failures} failed, ${tests?.skipped ?? 0} skipped`);
}
