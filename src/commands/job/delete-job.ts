import { decideDeleteJob } from '../../domain/job/job.ts';
import type { CommandContext, CommandResult, Precondition } from '../command.ts';
import type { CommandDeps } from '../command-deps.ts';
import { releaseName } from '../loop/names.ts';
import { changeJob } from './change-job.ts';

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
