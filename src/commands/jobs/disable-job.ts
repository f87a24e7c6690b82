import { actorName, type EventOf } from '../../domain/events/index.ts';
import { type Job, livingJob } from '../../domain/job/job.ts';
import { toInstant } from '../../domain/values.ts';
import type { CommandContext, CommandResult, Precondition } from '../command.ts';
import type { CommandDeps } from '../command-deps.ts';
import { changeJob, type JobWithApplication } from './change-job.ts';
import type { SwitchInput } from './enable-job.ts';

/** Disables a job: it has no slots due until it is enabled again. */
export const decideDisableJob = (
  { jobId, tenant, actor }: SwitchInput,
  job: Job,
  nowMs: number,
): EventOf<'JobDisabled'>[] => {
  const { status, definition } = livingJob(job, jobId, tenant);
  switch (status) {
    case 'disabled':
      return [];
    case 'enabled':
      return [
        {
          type: 'JobDisabled',
          data: { ...definition, enabled: false, updatedAt: toInstant(nowMs), updatedBy: actorName(actor) },
        },
      ];
  }
};

export const disableJob =
  (deps: CommandDeps) =>
  async (
    context: CommandContext,
    jobId: number,
    precondition: Precondition,
  ): Promise<CommandResult<JobWithApplication>> => {
    const { before: _, ...done } = await changeJob(deps, {
      jobId,
      context,
      precondition,
      decide: (job) => decideDisableJob({ jobId, ...context }, job, deps.world.clock.now()),
    });
    return done;
  };
