import type { DomainErrorCode } from '../../domain/codes/problem-codes.ts';
import { DomainError, rejectField } from '../../domain/domain-error.ts';
import type { CommandContext, CommandResult, Precondition } from '../command.ts';
import type { CommandDeps } from '../command-deps.ts';
import { createFindNamed } from '../loop/names.ts';
import { parseInput } from '../parse.ts';
import type { JobWithApplication } from './change-job.ts';
import { createJob } from './create-job.ts';
import { completeChange, isJobField, PutJob } from './job-input.ts';
import { updateJob } from './update-job.ts';

/** The names of a job in its application. */
export type JobAddress = { readonly applicationId: number; readonly name: string };

/** What a job that is put has to be before. */
export type PutPrecondition = Precondition & { readonly mustBeNew?: boolean };

export type PutResult = CommandResult<JobWithApplication> & { readonly isNew: boolean };

/** Another request has created, renamed or deleted the job in the meantime. */
const OVERTAKEN: ReadonlySet<DomainErrorCode> = new Set(['NAME_TAKEN', 'JOB_NOT_FOUND']);
const MAX_TRIES = 3;

/**
 * Creates the job of this name, or makes the one that is there what the input says: fields that it leaves out are
 * cleared. Nothing is recorded where nothing differs.
 * @throws DomainError STALE_REVISION where the job is not as the precondition says, and what `createJob` and `updateJob` throw
 */
export const putJob =
  (deps: CommandDeps) =>
  async (
    context: CommandContext,
    { applicationId, name }: JobAddress,
    input: unknown,
    { mustBeNew = false, ...precondition }: PutPrecondition,
  ): Promise<PutResult> => {
    const put = parseInput(PutJob, input);
    if (put.name !== undefined && put.name !== name)
      throw rejectField('BAD_INPUT', '/name', `must be ${name}, as in the path: use PATCH to rename a job`);
    const given = Object.entries(put).filter(([field, value]) => isJobField(field) && value !== undefined);
    const fields = { ...Object.fromEntries(given), name };
    const find = createFindNamed(deps.store);
    for (let tries = 1; ; tries += 1) {
      const jobId = await find.job(context.tenant, applicationId, name);
      try {
        if (jobId === undefined) {
          if (precondition.expectedRevision !== undefined)
            throw stale(`there is no job ${name}: omit If-Match to create it`);
          const done = await createJob(deps)(context, { applicationId, ...fields });
          return { ...done, isNew: true };
        }
        if (mustBeNew) throw stale(`there is already a job ${name}, and If-None-Match allows only a new one`);
        const done = await updateJob(deps)(context, jobId, completeChange(fields), {
          ...precondition,
          expectedName: name,
        });
        return { ...done, isNew: false };
      } catch (error) {
        if (tries === MAX_TRIES || !(error instanceof DomainError && OVERTAKEN.has(error.code))) throw error;
      }
    }
  };

const stale = (why: string): DomainError => new DomainError('STALE_REVISION', why);
