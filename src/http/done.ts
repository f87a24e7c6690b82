import type { CommandResult, JobWithApplication } from '../commands/port.ts';
import { JobDefinition, type JobShown } from '../domain/events/index.ts';
import type { Queries } from '../projections/queries/port.ts';
import type { Answer } from './answer.ts';
import { etagOf } from './etag.ts';
import { applicationSummary, jobResource } from './resources.ts';

/** What a command is answered with, its warnings told. */
export const answerDone = <T>({ position, warnings = [] }: CommandResult<T>, answer: Answer): Answer => ({
  ...answer,
  position,
  headers: {
    ...answer.headers,
    ...(warnings.length === 0 ? {} : { 'Carillon-Warning': warnings.map(quoted).join(', ') }),
  },
});

/** The same, of a command whose answer shows a job. */
export const answerWithJob = (
  done: CommandResult<JobWithApplication>,
  answer: Omit<Answer, 'body' | 'job'>,
): Answer => {
  const { job, application } = done.value;
  const shown = { jobId: job.jobId, revision: done.revision, application: applicationSummary(application) };
  return answerDone(done, {
    ...answer,
    headers: { ETag: etagOf(done.revision), ...answer.headers },
    body: shownAs(shown, job),
    job: shown,
  });
};

/** Any release that reads the job's event from the log makes the same of it, in the same order. */
const shownAs = ({ application }: JobShown, job: JobDefinition) => jobResource(JobDefinition.parse(job), application);

/** The definition that a job's event of this revision carries. */
export type JobAt = (jobId: number, revision: number) => Promise<JobDefinition>;

/** A kept answer, with the body that it was first given with. */
export const withBody = async (answer: Answer, jobAt: JobAt): Promise<Answer> => {
  const { job, body } = answer;
  if (job === undefined || body !== undefined) return answer;
  return { ...answer, body: shownAs(job, await jobAt(job.jobId, job.revision)) };
};

const LONGEST_WAIT_MS = 2_000;

type ConsistencyOptions = { readonly queries: Pick<Queries, 'awaitPosition'>; readonly eventual: boolean };

/**
 * Waits until the read models tell of what an answer tells, the first time and each time it is repeated, so that
 * whoever reads next finds it; after 2 s the answer says `Carillon-Consistency: pending` instead.
 */
export const whenReadable = async (answer: Answer, { queries, eventual }: ConsistencyOptions): Promise<Answer> => {
  if (answer.position === undefined || eventual) return answer;
  if (await queries.awaitPosition(answer.position, LONGEST_WAIT_MS)) return answer;
  return { ...answer, headers: { ...answer.headers, 'Carillon-Consistency': 'pending' } };
};

/** A header may hold visible ASCII alone; anything else is percent-encoded. */
const quoted = (text: string): string => {
  const escaped = text.toWellFormed().replace(/[^\x20-\x7e]/gu, (letter) => encodeURIComponent(letter));
  return `"${escaped.replace(/["\\]/g, '\\$&')}"`;
};
