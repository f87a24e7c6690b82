import { DomainError, type FieldError } from '../domain/domain-error.ts';

/** An error in the files, and its location. */
export type FileProblem = {
  /** Folder and file. */
  readonly file: string;
  /** Name of the job or, without one, its index. */
  readonly job?: string;
  /** JSON pointer within the job, or within the file if the error is not about a job. */
  readonly field: string;
  /** JSON pointer within the request with all files. */
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

/** Checking stops after this many problems. */
export const MAX_PROBLEMS = 1_000;
const MORE = 'there may be more errors: checking stopped here';

const toLine = ({ file, job, field, message }: FileProblem): string =>
  [file, ...(job === undefined ? [] : [`job ${job}`]), ...(field === '' ? [] : [field]), message].join(': ');

const toFieldError = (problem: FileProblem): FieldError => ({ pointer: problem.pointer, message: toLine(problem) });

type FilePlace = { readonly file: string; readonly pointer: string; readonly job?: string };

/** Runs a check. If it throws a rejection, adds its errors with their location to `problems` and returns `undefined`. */
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
