import { actorName, type EventOf } from '../../domain/events/index.ts';
import { type Job, livingJob } from '../../domain/job/job.ts';
import { toInstant } from '../../domain/values.ts';
import type { CommandContext, CommandResult, Precondition } from '../command.ts';
import type { CommandDeps } from '../command-deps.ts';
import { loadOperation } from '../loop/load.ts';
import { contextOfOperation } from '../operation/operation-input.ts';
import {
  type ChangeJobResult,
  changeJob,
  type JobChangeEvent,
  type JobWithApplication,
  type SwitchInput,
} from './change-job.ts';

type SwitchJob = (
  context: CommandContext,
  jobId: number,
  precondition: Precondition,
) => Promise<CommandResult<JobWithApplication>>;

/** The change that switches a job on or off. */
const switching =
  (decide: (input: SwitchInput, job: Job, nowMs: number) => readonly JobChangeEvent[]) =>
  (deps: CommandDeps) =>
  (context: CommandContext, jobId: number, precondition: Precondition): Promise<ChangeJobResult> =>
    changeJob(deps, {
      jobId,
      context,
      precondition,
      decide: (job) => decide({ jobId, ...context }, job, deps.world.clock.now()),
    });

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
export const enableJob = (deps: CommandDeps): SwitchJob => {
  const enable = switching(decideEnableJob)(deps);
  return async (context, jobId, precondition) => {
    const enabled = await enable(context, jobId, precondition);
    if (enabled.before.status !== 'enabled' || context.own?.made !== undefined) return enabled;
    const operationId = await deps.jobClosures.stoppedBy(enabled.value.job);
    if (operationId === undefined) return enabled;
    const { state: operation } = await loadOperation(deps.store, operationId);
    if (operation?.work.action !== 'disable') return enabled;
    await disableJob(deps)(contextOfOperation(operation), jobId, {});
    return await enable(context, jobId, {});
  };
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

export const disableJob: (deps: CommandDeps) => SwitchJob = switching(decideDisableJob);
