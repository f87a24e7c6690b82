import { Refusal } from '../domain/refusal.ts';
import type { FileProblem } from './refused.ts';

export type FilePlace = Pick<FileProblem, 'file' | 'pointer'> & { readonly job?: string };

/** What `run` gives; undefined where it refuses, with its refusals put down as problems of this place. */
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

const problemsOf = ({ errors, message: whole }: Refusal, place: FilePlace): FileProblem[] => {
  const all = errors.length > 0 ? errors : [{ pointer: '', message: whole }];
  return all.map(({ pointer, message }) => ({
    ...place,
    field: pointer,
    pointer: `${place.pointer}${pointer}`,
    message,
  }));
};
