import { actorName, type EventOf } from '../../domain/events/index.ts';
import { type Job, livingJob } from '../../domain/job/job.ts';
import { toInstant } from '../../domain/values.ts';
import type { CommandContext, CommandResult, Precondition } from '../command.ts';
import type { CommandDeps } from '../command-deps.ts';
import { loadOperation } from '../loop/load.ts';
import { contextOfOperation } from '../operation/operation-context.ts';
import { changeJob, type JobChangeEvent, type JobWithApplication, type SwitchInput } from './change-job.ts';

/** The command that switches a job on or off. */
const switchJob =
  (decide: (input: SwitchInput, job: Job, nowMs: number) => readonly JobChangeEvent[]) =>
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
      decide: (job) => decide({ jobId, ...context }, job, deps.world.clock.now()),
    });
    return done;
  };

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

/**
 * Enables a job. One that a bulk operation has yet to disable is disabled by it first, so that the operation does not
 * take back what was asked for after it.
 */
export const enableJob =
  (deps: CommandDeps) =>
  async (
    context: CommandContext,
    jobId: number,
    precondition: Precondition,
  ): Promise<CommandResult<JobWithApplication>> => {
    const changing = {
      jobId,
      context,
      decide: (job: Job) => decideEnableJob({ jobId, ...context }, job, deps.world.clock.now()),
    };
    const { before, ...done } = await changeJob(deps, { ...changing, precondition });
    if (before.status !== 'enabled' || context.own?.made !== undefined) return done;
    const operationId = await deps.jobClosures.stoppedBy(done.value.job);
    if (operationId === undefined) return done;
    const { state: operation } = await loadOperation(deps.store, operationId);
    if (operation?.work.action !== 'disable') return done;
    await disableJob(deps)(contextOfOperation(operation), jobId, {});
    const { before: _, ...enabled } = await changeJob(deps, { ...changing, precondition: {} });
    return enabled;
  };

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

export const disableJob = switchJob(decideDisableJob);
