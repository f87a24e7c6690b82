import { readFileSync, statSync } from 'node:fs';
import type { Clock } from '../world.ts';

/** How long a file is taken for what it was without a look. */
const LOOK_AGAIN_MS = 5_000;

/**
 * What a small file says, read anew when it has changed; as if it were empty where it can't be read. It is read at once:
 * the threads that files are read on otherwise may be busy with what this is read for.
 */
export const readParsed = <T>(file: string, { parse, clock }: { parse: (text: string) => T; clock: Clock }) => {
  let known: { readonly value: T; readonly changedMs: number } | undefined;
  let lookedMs = Number.NEGATIVE_INFINITY;
  return (): T => {
    if (known !== undefined && clock.monotonic() - lookedMs < LOOK_AGAIN_MS) return known.value;
    lookedMs = clock.monotonic();
    const changedMs = statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;
    if (known?.changedMs !== changedMs) known = { value: parse(textOf(file)), changedMs };
    return known.value;
  };
};

const textOf = (file: string): string => {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
};
