import { actorName, type EventOf } from '../../domain/events/index.ts';
import { type Job, livingJob } from '../../domain/job/job.ts';
import { toInstant } from '../../domain/values.ts';
import type { CommandContext, CommandResult, Precondition } from '../command.ts';
import type { CommandDeps } from '../command-deps.ts';
import { releaseName } from '../loop/names.ts';
import { changeJob, type SwitchInput } from './change-job.ts';

/** Deletes a job: its pending execution is cancelled, a running one may end, and its history stays readable. */
export const decideDeleteJob = (
  { jobId, tenant, actor }: SwitchInput,
  job: Job,
  nowMs: number,
): EventOf<'JobDeleted'>[] => {
  const { definition } = livingJob(job, jobId, tenant);
  return [{ type: 'JobDeleted', data: { ...definition, updatedAt: toInstant(nowMs), updatedBy: actorName(actor) } }];
};

export const deleteJob =
  (deps: CommandDeps) =>
  async (context: CommandContext, jobId: number, precondition: Precondition): Promise<CommandResult<undefined>> => {
    const { value, revision, position } = await changeJob(deps, {
      jobId,
      context,
      precondition,
      decide: (job) => decideDeleteJob({ jobId, ...context }, job, deps.world.clock.now()),
    });
    const { tenant, applicationId, name } = value.job;
    await releaseName(deps, { tenant, applicationId, name, ownerId: jobId }, context);
    return { value: undefined, revision, position };
  };
