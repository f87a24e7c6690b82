import { decideDisableJob, decideEnableJob, type Job, type SwitchInput } from '../../domain/job/job.ts';
import type { CommandContext, CommandResult, Precondition } from '../command.ts';
import type { CommandDeps } from '../command-deps.ts';
import { loadOperation } from '../loop/load.ts';
import { contextOfOperation } from '../operation/operation-input.ts';
import { type ChangeJobResult, changeJob, type JobChangeEvent, type JobWithApplication } from './change-job.ts';

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

export const disableJob: (deps: CommandDeps) => SwitchJob = switching(decideDisableJob);
