import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { readTimes } from '../../test/support/times.ts';

/** What `npm test` and `npm run test:long` run. */
export const SUITES = {
  mocha: { isOf: (file: string) => !isLong(file), env: {} },
  long: {
    isOf: (file: string, text: string) => isLong(file) || text.includes('describeOnLogs('),
    env: { CARILLON_TEST_LOG: 'eventstoredb' },
  },
} as const;

export type SuiteName = keyof typeof SUITES;

export const isSuiteName = (text: string): text is SuiteName => Object.hasOwn(SUITES, text);

const isLong = (file: string): boolean => file.startsWith('test/long/');

/** On a fresh clone without measurements, files of these folders come first. */
const SLOW = /^test\/(long|simulation|e2e|contract|integration)\//;

/** A test file that another one imports runs with that one. */
const IMPORTED = /^import '(\..*\.test\.ts)';$/gm;

/**
 * The files of a suite: those with the title in mocha's arguments first, then the slowest of the last run or, if unknown,
 * the largest.
 */
export const testFiles = (suite: SuiteName, args: readonly string[]): string[] => {
  const times = readTimes();
  const { values } = parseArgs({ args: [...args], options: { grep: { type: 'string', short: 'g' } }, strict: false });
  const texts = new Map(globSync('test/**/*.test.ts').map((file) => [file, readFileSync(file, 'utf8')]));
  const importsOf = (file: string): string[] =>
    [...(texts.get(file) ?? '').matchAll(IMPORTED)].map(([, to = '']) => path.join(path.dirname(file), to));
  const imported = new Set([...texts.keys()].flatMap(importsOf));
  return [...texts.keys()]
    .filter((file) => !imported.has(file))
    .map((file) => ({ file, text: [file, ...importsOf(file)].map((each) => texts.get(each)).join('') }))
    .filter(({ file, text }) => SUITES[suite].isOf(file, text))
    .map(({ file, text }) => ({
      file,
      length: text.length,
      isAsked: text.includes(String(values.grep ?? '')),
      ms: times.get(file) ?? (SLOW.test(file) ? Number.MAX_VALUE : 0),
    }))
    .toSorted((a, b) => Number(b.isAsked) - Number(a.isAsked) || b.ms - a.ms || b.length - a.length)
    .map(({ file }) => file);
};
