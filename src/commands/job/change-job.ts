import { DomainError } from '../../domain/domain-error.ts';
import {
  type Application,
  type DomainEvent,
  type EventOf,
  isJobEvent,
  type JobDefinition,
} from '../../domain/events/index.ts';
import { type Job, livingJob } from '../../domain/job/job.ts';
import { jobStream } from '../../domain/streams.ts';
import type { Revision } from '../../event-store/port.ts';
import type { CommandContext, CommandResult, Precondition } from '../command.ts';
import { ownAppend } from '../command.ts';
import type { CommandDeps } from '../command-deps.ts';
import { activateChange } from '../loop/activate-definition.ts';
import { handleCommand } from '../loop/handle-command.ts';
import { type LoadedJob, loadApplicationState, loadJob, loadRuns } from '../loop/load.ts';

export type JobWithApplication = { readonly job: JobDefinition; readonly application: Application };

export type JobChangeEvent = EventOf<'JobUpdated' | 'JobEnabled' | 'JobDisabled' | 'JobDeleted'>;

/** What a job has to be before a change. */
export type JobPrecondition = Precondition & {
  /** The name by which the job was found: it may have been renamed since. */
  readonly expectedName?: string;
};

export type ChangeJobOptions = {
  readonly jobId: number;
  readonly context: CommandContext;
  readonly precondition: JobPrecondition;
  readonly decide: (job: Job) => readonly JobChangeEvent[];
  readonly prepare?: (events: readonly JobChangeEvent[], job: Job) => Promise<void>;
};

export type ChangeJobResult = CommandResult<JobWithApplication> & { readonly before: Job };

/**
 * Changes a job, and puts the new definition in force before it returns.
 * @throws DomainError JOB_NOT_FOUND, STALE_REVISION, StreamParked
 */
export const changeJob = async (deps: CommandDeps, options: ChangeJobOptions): Promise<ChangeJobResult> => {
  const { jobId, context, precondition, decide, prepare } = options;
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
        // A job that lost its application to a deletion at the same moment can still be deleted.
        application = ofJob.state.status === 'absent' ? undefined : ofJob.state.application;
      }
      return { state: loaded, revision: loaded.revision };
    },
    decide: (loaded) => {
      const { definition } = livingJob(loaded.state, jobId, context.tenant);
      checkName(precondition, definition);
      checkRevision(precondition, loaded.definitionRevision);
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

const checkRevision = ({ expectedRevision }: Precondition, current: Revision): void => {
  if (expectedRevision === undefined || expectedRevision === current) return;
  throw new DomainError(
    'STALE_REVISION',
    `the job is at revision ${current}, not ${expectedRevision}: fetch it again, then repeat the change`,
  );
};
