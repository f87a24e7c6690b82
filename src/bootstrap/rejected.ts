import { DomainError, type FieldError } from '../domain/domain-error.ts';

/** One error in the files, and its place. */
export type FileProblem = {
  /** Folder and file. */
  readonly file: string;
  /** The job's name or, without one, its index. */
  readonly job?: string;
  /** JSON pointer within the job, or within the file where the error is not about a job. */
  readonly field: string;
  /** JSON pointer within the request that carries all files. */
  readonly pointer: string;
  readonly message: string;
};

/** The files have errors, and nothing was applied. Each problem names its file, job and field. */
export class BootstrapRejected extends DomainError {
  override readonly name = 'BootstrapRejected';
  constructor(problems: readonly FileProblem[]) {
    const named = problems.slice(0, MAX_PROBLEMS);
    super(
      'BOOTSTRAP_REJECTED',
      ['nothing was applied:', ...named.map(toLine), ...(named.length < MAX_PROBLEMS ? [] : [MORE])].join('\n'),
      named.map(toFieldError),
    );
  }
}

/** Most problems that are named; checking stops there. */
export const MAX_PROBLEMS = 1_000;
const MORE = 'there may be more errors: checking stopped here';

const toLine = ({ file, job, field, message }: FileProblem): string =>
  [file, ...(job === undefined ? [] : [`job ${job}`]), ...(field === '' ? [] : [field]), message].join(': ');

const toFieldError = (problem: FileProblem): FieldError => ({ pointer: problem.pointer, message: toLine(problem) });

type FilePlace = Pick<FileProblem, 'file' | 'pointer'> & { readonly job?: string };

/** Runs a check. Where it throws a Rejection, adds its errors to `problems`, with their place, and returns undefined. */
export const collect = async <T>(
  problems: FileProblem[],
  place: FilePlace,
  run: () => T | Promise<T>,
): Promise<T | undefined> => {
  try {
    return await run();
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    problems.push(...problemsOf(error, place));
    return undefined;
  }
};

const problemsOf = ({ errors, message: wholeMessage }: DomainError, place: FilePlace): FileProblem[] => {
  const all = errors.length > 0 ? errors : [{ pointer: '', message: wholeMessage }];
  return all.map(({ pointer, message }) => ({
    ...place,
    field: pointer,
    pointer: `${place.pointer}${pointer}`,
    message,
  }));
};
