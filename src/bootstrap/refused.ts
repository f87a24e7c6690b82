import { type FieldError, Refusal } from '../domain/refusal.ts';

/** What is wrong in one place of the files. */
export type FileProblem = {
  /** Folder and file. */
  readonly file: string;
  /** The job's name or, without one, its index. */
  readonly job?: string;
  /** JSON pointer within the job, or within the file where it is about no job. */
  readonly field: string;
  /** JSON pointer within the request that carries all files. */
  readonly pointer: string;
  readonly message: string;
};

/** The files can't be applied, and nothing of them was. Each problem names file, job and field. */
export class BootstrapRefused extends Refusal {
  override readonly name = 'BootstrapRefused';
  constructor(problems: readonly FileProblem[]) {
    const named = problems.slice(0, MOST_PROBLEMS);
    super(
      'BOOTSTRAP_REFUSED',
      ['nothing was applied:', ...named.map(toLine), ...(named.length < MOST_PROBLEMS ? [] : [MORE])].join('\n'),
      named.map(toFieldError),
    );
  }
}

/** So many are named; nothing further is judged. */
export const MOST_PROBLEMS = 1_000;
const MORE = 'there may be more: nothing after these was judged';

const toLine = ({ file, job, field, message }: FileProblem): string =>
  [file, ...(job === undefined ? [] : [`job ${job}`]), ...(field === '' ? [] : [field]), message].join(': ');

const toFieldError = (problem: FileProblem): FieldError => ({ pointer: problem.pointer, message: toLine(problem) });
