import { type Actor, actorName, type EventOf } from '../../domain/events/index.ts';
import { type Job, livingJob } from '../../domain/job/job.ts';
import { toInstant } from '../../domain/values.ts';
import type { CommandContext, CommandResult, Precondition } from '../command.ts';
import type { CommandDeps } from '../command-deps.ts';
import { changeJob, type JobWithApplication } from './change-job.ts';

export type SwitchInput = { readonly jobId: number; readonly tenant: string; readonly actor: Actor };

/** Enables a job. It fires again from its next slot on; slots missed while it was disabled are not replayed. */
export const decideEnableJob = (
  { jobId, tenant, actor }: SwitchInput,
  job: Job,
  nowMs: number,
): EventOf<'JobEnabled'>[] => {
  const { status, definition } = livingJob(job, jobId, tenant);
  switch (status) {
    case 'enabled':
      return [];
    case 'disabled':
      return [
        {
          type: 'JobEnabled',
          data: { ...definition, enabled: true, updatedAt: toInstant(nowMs), updatedBy: actorName(actor) },
        },
      ];
  }
};

export const enableJob =
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
      decide: (job) => decideEnableJob({ jobId, ...context }, job, deps.world.clock.now()),
    });
    return done;
  };
