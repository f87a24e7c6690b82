import type { CommandContext, CommandResult } from '../commands/command.ts';
import type { Commands } from '../commands/index.ts';
import { completeChange } from '../commands/job/job-input.ts';
import { DomainError } from '../domain/domain-error.ts';
import type { JobDefaults } from '../domain/events/index.ts';
import { type AppResource, WHOLE_APPLICATION } from './app-resources.ts';
import type { JobAction, Plan } from './plan.ts';
import type { AppResourceAction, StoredAppResource } from './plan-app-resources.ts';

export type LogPosition = NonNullable<CommandResult<unknown>['position']>;

export type ApplyResult = {
  /** Ids of the created jobs by name. */
  readonly created: ReadonlyMap<string, number>;
  /** Position of the last appended event; `undefined` if nothing was recorded. */
  readonly position: LogPosition | undefined;
};

/** Clears the defaults that the files omit. */
const NO_DEFAULTS = { onFailure: null, onSuccess: null, retention: null } satisfies Record<keyof JobDefaults, null>;

/** What each change of a sync records, except its tenant and actor. */
export type CommandOrigin = Omit<CommandContext, 'tenant' | 'actor'>;

/**
 * Applies a plan with the commands of the API, as the actor `bootstrap`.
 * @throws DomainError NAME_TAKEN, STALE_REVISION, JOB_NOT_FOUND if something changed since the plan was made
 */
export const apply = async (
  commands: Commands,
  { desired, application, jobs, current, resources }: Plan,
  { origin, onChange }: { readonly origin: CommandOrigin; readonly onChange: () => void },
): Promise<ApplyResult> => {
  const { tenant, name, fields } = desired;
  const { onFailure, onSuccess, ...plain } = fields;
  const context: CommandContext = { ...origin, tenant, actor: { type: 'bootstrap', name } };
  const created = new Map<string, number>();
  let position: LogPosition | undefined;
  const notePosition = <D extends { readonly position: LogPosition | undefined }>(done: D): D => {
    // Positions are texts in log order; concurrent changes end in any order.
    if (done.position !== undefined) onChange();
    if (done.position !== undefined && (position === undefined || done.position > position)) position = done.position;
    return done;
  };

  const applicationId = await (async () => {
    switch (application.kind) {
      case 'create':
        return notePosition(await commands.createApplication(context, { name, ...plain })).value.applicationId;
      case 'update':
      case 'keep':
      case 'skip':
        return application.id;
    }
  })();

  const ids = new Map(current.jobs.map(({ job }) => [job.name, job.jobId]));
  const jobIdOf = (job: string): number => {
    const id = created.get(job) ?? ids.get(job);
    if (id === undefined) throw new DomainError('JOB_NOT_FOUND', `there is no job ${job}`);
    return id;
  };
  const applyBelonging = async (step: ApplyStep): Promise<void> => {
    const actions = resources.filter((each) => stepOf(each) === step);
    const done = await applyAppResources(commands, context, { applicationId, jobIdOf, actions });
    for (const each of done) notePosition(each);
  };

  await applyBelonging('before jobs');
  // Hooks can refer to secrets and variables that were just created.
  if (application.kind === 'update' || (application.kind === 'create' && (onFailure ?? onSuccess) !== undefined)) {
    notePosition(await commands.updateApplication(context, applicationId, { ...NO_DEFAULTS, ...fields }));
  }
  const applyJob = async (action: JobAction): Promise<void> => {
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
      case 'ignore':
        break;
    }
  };
  await sideBySide(jobs, applyJob);
  await applyBelonging('after jobs');
  await applyBelonging('last');
  return { created, position };
};

/** Maximum simultaneous job changes: their appends are batched. */
const SIDE_BY_SIDE = 16;

/**
 * Runs an action for each item, several simultaneously. After a failure, no further action starts, and running ones finish.
 */
const sideBySide = async <T>(items: readonly T[], run: (item: T) => Promise<void>): Promise<void> => {
  const failures: unknown[] = [];
  const left = items.values();
  const work = async (): Promise<void> => {
    for (const item of left) {
      if (failures.length > 0) return;
      await run(item).catch((error: unknown) => failures.push(error));
    }
  };
  await Promise.all(Array.from({ length: SIDE_BY_SIDE }, work));
  if (failures.length > 0) throw failures[0];
};

type Done = Pick<CommandResult<unknown>, 'position'>;
/**
 * When an action is applied: before jobs can refer to the resource, with the jobs present, or after jobs no longer refer to
 * it.
 */
type ApplyStep = 'before jobs' | 'after jobs' | 'last';

const stepOf = (action: AppResourceAction): ApplyStep => {
  const { kind } = 'wanted' in action ? action.wanted : action.stored;
  if (action.kind === 'delete') return kind === 'pause' || kind === 'alertRule' ? 'before jobs' : 'last';
  return kind === 'pause' || kind === 'alertRule' ? 'after jobs' : 'before jobs';
};

const applyAppResources = async (
  commands: Commands,
  context: CommandContext,
  {
    applicationId,
    jobIdOf,
    actions,
  }: {
    readonly applicationId: number;
    /** Returns the id of the application's job with a name. */
    readonly jobIdOf: (name: string) => number;
    readonly actions: readonly AppResourceAction[];
  },
): Promise<Done[]> => {
  const set = ({ kind, name, value }: AppResource): Promise<Done> => {
    switch (kind) {
      case 'variable':
        return commands.setVariable(context, applicationId, name, value);
      case 'limit':
        return commands.setLimit(context, applicationId, name, value);
      case 'calendar':
        return commands.setCalendar(context, name, value);
      case 'alertRule': {
        const { job, ...rule } = value;
        const of = typeof job === 'string' ? jobIdOf(job) : applicationId;
        return commands.setAlertRule(context, name, { ...rule, of }, {});
      }
      case 'pause': {
        const of =
          name === WHOLE_APPLICATION
            ? { scope: 'application', of: applicationId }
            : { scope: 'job', of: jobIdOf(name) };
        // The reason of the context must not become that of the pause if the file gives none.
        const { reason: _, ...unexplained } = context;
        return commands.setPause(unexplained, { ...of, ...value }, 'tenant');
      }
    }
  };
  const remove = ({ kind, name, id = 0 }: StoredAppResource): Promise<Done> => {
    switch (kind) {
      case 'variable':
        return commands.deleteVariable(context, applicationId, name);
      case 'limit':
        return commands.deleteLimit(context, applicationId, name);
      case 'calendar':
        return commands.deleteCalendar(context, name);
      case 'alertRule':
        return commands.deleteAlertRule(context, name, {});
      case 'pause':
        return commands.liftPause(context, id, 'tenant');
    }
  };
  const done: Done[] = [];
  for (const action of actions) {
    switch (action.kind) {
      case 'create':
        done.push(await set(action.wanted));
        break;
      case 'update':
        // The new pause begins before the old one ends.
        done.push(await set(action.wanted));
        if (action.stored.kind === 'pause') done.push(await remove(action.stored));
        break;
      case 'delete':
        done.push(await remove(action.stored));
        break;
      case 'keep':
      case 'skip':
        break;
    }
  }
  return done;
};
