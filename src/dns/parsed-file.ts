import { readFileSync, statSync } from 'node:fs';
import type { Clock } from '../world.ts';

/** How long a parsed file is used before it is checked for changes. */
const CHECK_INTERVAL_MS = 5_000;

/**
 * Returns a function that gives the parsed content of a small file and reads it again after it changed. A file that
 * can't be read counts as empty. Reading is synchronous, because the threads for asynchronous reading may all be
 * blocked by name lookups.
 */
export const parsedFile = <T>(file: string, { parse, clock }: { parse: (text: string) => T; clock: Clock }) => {
  let cached: { readonly value: T; readonly changedMs: number } | undefined;
  let checkedMs = Number.NEGATIVE_INFINITY;
  return (): T => {
    if (cached !== undefined && clock.monotonic() - checkedMs < CHECK_INTERVAL_MS) return cached.value;
    checkedMs = clock.monotonic();
    const changedMs = statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;
    if (cached?.changedMs !== changedMs) cached = { value: parse(textOf(file)), changedMs };
    return cached.value;
  };
};

const textOf = (file: string): string => {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
};
