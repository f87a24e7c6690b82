import type { CommandContext, CommandResult } from '../commands/command.ts';
import type { Commands } from '../commands/index.ts';
import { completeChange } from '../commands/job/job-input.ts';
import type { Plan } from './plan.ts';

/** A position in the log, as commands return it. */
export type LogPosition = NonNullable<CommandResult<unknown>['position']>;

export type ApplyCommands = Pick<
  Commands,
  'createApplication' | 'updateApplication' | 'createJob' | 'updateJob' | 'deleteJob'
>;

export type ApplyResult = {
  /** Ids of the jobs that were created, by name. */
  readonly created: ReadonlyMap<string, number>;
  /** Position of the last event appended; undefined where nothing was recorded. */
  readonly position: LogPosition | undefined;
};

/** A change that clears hooks which the files do not have. */
const NO_HOOKS = { onFailure: null, onSuccess: null };

/**
 * Carries out a plan with the same commands that the API uses, as the actor `bootstrap`.
 * @throws Refusal NAME_TAKEN, STALE_REVISION, JOB_NOT_FOUND where something was changed since the plan was made
 */
export const apply = async (
  commands: ApplyCommands,
  { desired, application, jobs }: Plan,
  origin: Omit<CommandContext, 'tenant' | 'actor'>,
): Promise<ApplyResult> => {
  const { tenant, name, fields } = desired;
  const context: CommandContext = { ...origin, tenant, actor: { type: 'bootstrap', name } };
  const created = new Map<string, number>();
  let position: LogPosition | undefined;
  const notePosition = <D extends { readonly position: LogPosition | undefined }>(done: D): D => {
    position = done.position ?? position;
    return done;
  };

  const applicationId = await (async () => {
    switch (application.kind) {
      case 'create':
        return notePosition(await commands.createApplication(context, { name, ...fields })).value.applicationId;
      case 'update':
        notePosition(await commands.updateApplication(context, application.id, { ...NO_HOOKS, ...fields }));
        return application.id;
      case 'keep':
      case 'skip':
        return application.id;
    }
  })();

  for (const action of jobs) {
    switch (action.kind) {
      case 'create': {
        const done = notePosition(await commands.createJob(context, { applicationId, ...action.desired.fields }));
        created.set(action.name, done.value.job.jobId);
        break;
      }
      case 'update': {
        const { job, revision: expectedRevision } = action.current;
        notePosition(
          await commands.updateJob(context, job.jobId, completeChange(action.desired.fields), { expectedRevision }),
        );
        break;
      }
      case 'delete': {
        const { job, revision: expectedRevision } = action.current;
        notePosition(await commands.deleteJob(context, job.jobId, { expectedRevision }));
        break;
      }
      case 'keep':
      case 'skip':
      case 'leave':
        break;
    }
  }
  return { created, position };
};
