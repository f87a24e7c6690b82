import { APPLICATION_WENT, unlessDeleted } from '../../commands/application/delete-application.ts';
import type { CommandContext } from '../../commands/command.ts';
import { activateDefinition } from '../../commands/loop/activate-definition.ts';
import { closableBy } from '../../domain/closure/closure-book.ts';
import { CARILLON } from '../../domain/events/index.ts';
import { engineActor } from '../actor.ts';
import type { EngineContext } from '../context.ts';
import type { EngineJob } from '../jobs/job-records.ts';
import { readTail } from './append-runs.ts';

/** What the engine does with a job that is due. */
export type EngineStep =
  /** Settles the slots that are due, and claims the call of one. */
  | 'claim'
  /** Puts the newest definition in force, as the command that changed the job has not done so in time. */
  | 'bind'
  /** Disables the job, as too many executions failed in a row. */
  | 'disable'
  /** Deletes the job, as its schedule is completed. */
  | 'delete'
  /**
   * Deletes a job whose application was deleted at the moment that it was created. Its creation was not answered: the
   * process that created it died before it could take the job back.
   */
  | 'delete orphan';

/**
 * Takes a step that changes the job itself, by the command that a user would give. If this engine dies first, the next
 * owner takes it: what it follows from is in the log.
 */
export const changeJob = async (
  context: EngineContext,
  job: EngineJob,
  step: Exclude<EngineStep, 'claim'>,
): Promise<void> => {
  const { commands, world, closures } = context;
  const { jobId, tenant, applicationId, runs } = job;
  // What the engine changes of a job as the job's definition says.
  const own: CommandContext = { tenant, actor: CARILLON, correlationId: `job-${jobId}` };
  // Rejects the change if somebody else has changed the job.
  const ifUnchanged = { expectedRevision: runs.jobRevision };
  switch (step) {
    case 'bind': {
      // With the calendars and pauses that this engine knows.
      const jobClosures: Parameters<typeof activateDefinition>[0]['jobClosures'] = {
        closuresOf: async (definition) => closures.closuresBy(closableBy(definition)),
      };
      return activateDefinition({ ...context, jobClosures }, jobId, { ...own, actor: engineActor(context.engineId) });
    }
    case 'disable': {
      const times = runs.failuresInRow;
      const reason = times === 1 ? 'an execution failed' : `${times} executions failed in a row`;
      world.log.warn({ jobId, failuresInRow: times }, 'scheduler: disabled a job after repeated failures');
      await commands.disableJob({ ...own, reason }, jobId, ifUnchanged);
      break;
    }
    case 'delete':
      await commands.deleteJob({ ...own, reason: 'its schedule is completed' }, jobId, ifUnchanged);
      break;
    case 'delete orphan':
      world.log.warn({ jobId, applicationId }, 'scheduler: deleted a job without an application');
      await commands.deleteJob({ ...own, reason: APPLICATION_WENT }, jobId, {}).catch(unlessDeleted);
      break;
  }
  // Until the subscription brings the new definition, the tail keeps this engine from deciding by the old one.
  await readTail(context, job);
};
