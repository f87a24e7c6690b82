import { CLEARABLE_FIELDS, type JobFields } from '../commands/jobs/job-input.ts';
import type { CommandContext, CommandResult, Commands } from '../commands/port.ts';
import type { Plan } from './plan.ts';

/** Where in the log. */
export type LogPosition = NonNullable<CommandResult<unknown>['position']>;

export type ApplyCommands = Pick<
  Commands,
  'createApplication' | 'updateApplication' | 'createJob' | 'updateJob' | 'deleteJob'
>;

export type ApplyResult = {
  /** Ids of the jobs that were created, by name. */
  readonly created: ReadonlyMap<string, number>;
  /** Of the last event appended; undefined where nothing was recorded. */
  readonly position: LogPosition | undefined;
};

/**
 * Does what a plan says, by the same commands as everybody else's changes, in the name of the sync.
 * @throws Refusal NAME_TAKEN, STALE_REVISION, JOB_NOT_FOUND where somebody else was quicker
 */
export const apply = async (
  commands: ApplyCommands,
  { desired, application, jobs }: Plan,
  by: Omit<CommandContext, 'tenant' | 'actor'>,
): Promise<ApplyResult> => {
  const { tenant, name, displayName } = desired;
  const context: CommandContext = { ...by, tenant, actor: { type: 'bootstrap', name } };
  const created = new Map<string, number>();
  let position: LogPosition | undefined;
  const note = <D extends { readonly position: LogPosition | undefined }>(done: D): D => {
    position = done.position ?? position;
    return done;
  };

  const applicationId = await (async () => {
    switch (application.kind) {
      case 'create':
        return note(await commands.createApplication(context, { name, displayName })).value.applicationId;
      case 'update':
        note(await commands.updateApplication(context, application.id, { displayName }));
        return application.id;
      case 'keep':
      case 'skip':
        return application.id;
    }
  })();

  for (const action of jobs) {
    switch (action.kind) {
      case 'create': {
        const done = note(await commands.createJob(context, { applicationId, ...action.desired.fields }));
        created.set(action.name, done.value.job.jobId);
        break;
      }
      case 'update': {
        const { job, revision: expectedRevision } = action.current;
        note(await commands.updateJob(context, job.jobId, wholly(action.desired.fields), { expectedRevision }));
        break;
      }
      case 'delete': {
        const { job, revision: expectedRevision } = action.current;
        note(await commands.deleteJob(context, job.jobId, { expectedRevision }));
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

const CLEARED = Object.fromEntries(CLEARABLE_FIELDS.map((field) => [field, null]));

/** A change after which a job is as the file says, and nothing else: what it leaves out is cleared. */
const wholly = (fields: JobFields): Readonly<Record<string, unknown>> => ({ ...CLEARED, ...fields });
