import { Refusal } from '../domain/refusal.ts';
import type { FileProblem } from './refused.ts';

export type FilePlace = Pick<FileProblem, 'file' | 'pointer'> & { readonly job?: string };

/** Runs a check. Where it throws a Refusal, adds its errors to `problems`, with their place, and returns undefined. */
export const collect = async <T>(
  problems: FileProblem[],
  place: FilePlace,
  run: () => T | Promise<T>,
): Promise<T | undefined> => {
  try {
    return await run();
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    problems.push(...problemsOf(error, place));
    return undefined;
  }
};

const problemsOf = ({ errors, message: wholeMessage }: Refusal, place: FilePlace): FileProblem[] => {
  const all = errors.length > 0 ? errors : [{ pointer: '', message: wholeMessage }];
  return all.map(({ pointer, message }) => ({
    ...place,
    field: pointer,
    pointer: `${place.pointer}${pointer}`,
    message,
  }));
};
