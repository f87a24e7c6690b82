import { isDeepStrictEqual } from 'node:util';
import { DomainError } from '../../domain/domain-error.ts';
import {
  type Application,
  changedBy,
  type DomainEvent,
  type EventOf,
  isJobEvent,
  type JobDefinition,
} from '../../domain/events/index.ts';
import {
  decideDeleteJob,
  decideDisableJob,
  decideEnableJob,
  type Job,
  livingJob,
  type SwitchInput,
} from '../../domain/job/job.ts';
import { jobStream } from '../../domain/streams.ts';
import type { CommandContext, CommandResult, Precondition } from '../command.ts';
import { checkRevision, ownAppend } from '../command.ts';
import type { CommandDeps } from '../command-deps.ts';
import { activateChange } from '../loop/activate-definition.ts';
import { loadDocument, OPERATIONS } from '../loop/documents.ts';
import { handleCommand } from '../loop/handle-command.ts';
import { type LoadedJob, loadApplicationState, loadJob, loadRuns } from '../loop/load.ts';
import { releaseName } from '../loop/names.ts';
import { contextOfRequest } from '../operation/operations.ts';
import { checkLabels, type LabelChange } from './job-input.ts';

export type JobWithApplication = { readonly job: JobDefinition; readonly application: Application };

export type JobChangeEvent = EventOf<'JobUpdated' | 'JobEnabled' | 'JobDisabled' | 'JobDeleted'>;

/** The expected state of a job before a change. */
export type JobPrecondition = Precondition & {
  /** The name by which the job was found: it may have been renamed since. */
  readonly expectedName?: string;
};

/** A job that is about to be changed. */
export type ChangedJob = {
  readonly jobId: number;
  readonly context: CommandContext;
  readonly precondition: JobPrecondition;
};

type JobChange = ChangedJob & {
  readonly decide: (job: Job) => readonly JobChangeEvent[];
  readonly prepare?: (events: readonly JobChangeEvent[], job: Job) => Promise<void>;
};

export type ChangeJobResult = CommandResult<JobWithApplication> & { readonly before: Job };

/**
 * Changes a job and activates the new definition before it returns.
 * @throws DomainError JOB_NOT_FOUND, STALE_REVISION, StreamParked
 */
export const changeJob = async (
  deps: CommandDeps,
  { jobId, context, precondition, decide, prepare }: JobChange,
): Promise<ChangeJobResult> => {
  let application: Application | undefined;
  const {
    state: before,
    events,
    revision: end,
    position,
  } = await handleCommand<LoadedJob, JobChangeEvent>(deps, {
    stream: jobStream(jobId),
    context,
    load: async () => {
      const loaded = await loadJob(deps.store, jobId);
      const { state: job } = loaded;
      // Loaded before anything is recorded, so that a parked application or stream of runs rejects the change.
      if (job.status !== 'absent' && job.definition.tenant === context.tenant) {
        const { store } = deps;
        const [ofJob] = await Promise.all([
          loadApplicationState(store, job.definition.applicationId),
          loadRuns(store, jobId),
        ]);
        // A job whose application was deleted at the same moment can still be deleted.
        application = ofJob.state.status === 'absent' ? undefined : ofJob.state.application;
      }
      return { state: loaded, revision: loaded.revision };
    },
    decide: (loaded) => {
      const { definition } = livingJob(loaded.state, jobId, context.tenant);
      checkName(precondition, definition);
      checkRevision(precondition, loaded.definitionRevision, 'the job');
      return decide(loaded.state);
    },
    own: ownAppend(context, isJobChangeEvent),
    ...(prepare === undefined ? {} : { prepare: (changes, loaded) => prepare(changes, loaded.state) }),
  });
  const bound = await activateChange(deps, jobId, context);
  const job = events.at(-1)?.data ?? livingJob(before.state, jobId, context.tenant).definition;
  const revision = events.length > 0 ? end : before.definitionRevision;
  if (application === undefined) throw new Error(`job ${jobId} belongs to no application`);
  return { value: { job, application }, revision, position: bound ?? position, before: before.state };
};

const isJobChangeEvent = (event: DomainEvent): event is JobChangeEvent =>
  isJobEvent(event) && event.type !== 'JobCreated';

const checkName = ({ expectedName }: JobPrecondition, { jobId, name }: JobDefinition): void => {
  if (expectedName === undefined || expectedName === name) return;
  throw new DomainError(
    'JOB_NOT_FOUND',
    `the name ${expectedName} is out of date: job ${jobId} was renamed to ${name}`,
  );
};

type SwitchJob = (
  context: CommandContext,
  jobId: number,
  precondition: Precondition,
) => Promise<CommandResult<JobWithApplication>>;

/** The change that enables or disables a job. */
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
 * Enables a job. If a bulk operation has yet to disable it, disables it first, so that the operation does not undo this
 * later request.
 */
export const enableJob = (deps: CommandDeps): SwitchJob => {
  const enable = switching(decideEnableJob)(deps);
  return async (context, jobId, precondition) => {
    const enabled = await enable(context, jobId, precondition);
    if (enabled.before.status !== 'enabled' || context.own?.made !== undefined) return enabled;
    const operationId = await deps.jobClosures.stoppedBy(enabled.value.job);
    if (operationId === undefined) return enabled;
    const { state: operation } = await loadDocument(deps.store, OPERATIONS, operationId);
    if (operation?.work.action !== 'disable') return enabled;
    await disableJob(deps)(contextOfRequest(operation), jobId, {});
    return await enable(context, jobId, {});
  };
};

export const disableJob: (deps: CommandDeps) => SwitchJob = switching(decideDisableJob);

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

/** Changes some labels of a job and keeps the others. @throws DomainError BAD_INPUT if it would have too many */
export const decideLabelJob = (
  { jobId, tenant, actor, change }: SwitchInput & { readonly change: LabelChange },
  job: Job,
  nowMs: number,
): EventOf<'JobUpdated'>[] => {
  const { definition } = livingJob(job, jobId, tenant);
  const { labels: before = {}, ...rest } = definition;
  const labels: Record<string, string> = {};
  for (const [key, value] of Object.entries({ ...before, ...change })) if (value !== null) labels[key] = value;
  if (isDeepStrictEqual(labels, before)) return [];
  checkLabels(labels);
  const updated = { ...rest, ...(Object.keys(labels).length === 0 ? {} : { labels }) };
  return [{ type: 'JobUpdated', data: { ...updated, ...changedBy(actor, nowMs) } }];
};

export const labelJob =
  (deps: CommandDeps) =>
  async (context: CommandContext, jobId: number, change: LabelChange): Promise<CommandResult<JobWithApplication>> => {
    const { before: _, ...done } = await changeJob(deps, {
      ...{ jobId, context, precondition: {} },
      decide: (job) => decideLabelJob({ jobId, ...context, change }, job, deps.world.clock.now()),
    });
    return done;
  };
