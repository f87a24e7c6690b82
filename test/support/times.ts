import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const CACHE = path.resolve('node_modules/.cache/carillon-test-times.json');

/** Last duration of each test file in ms, by path; empty on a fresh clone. */
export const readTimes = (): ReadonlyMap<string, number> => {
  try {
    return new Map(Object.entries(JSON.parse(readFileSync(CACHE, 'utf8'))));
  } catch {
    return new Map();
  }
};

/** Files that did not run keep their durations. */
export const writeTimes = (fileMs: ReadonlyMap<string, number>): void => {
  const all = new Map([...readTimes(), ...[...fileMs].map(([file, ms]) => [file, Math.round(ms)] as const)]);
  mkdirSync(path.dirname(CACHE), { recursive: true });
  writeFileSync(CACHE, JSON.stringify(Object.fromEntries(all), null, 1));
};
