import { namesOf } from '../../domain/application.ts';
import {
  type Actor,
  type Application,
  actorName,
  type DomainEvent,
  type EventOf,
  type JobDefinition,
  type TaskConfig,
} from '../../domain/events/index.ts';
import { initialJob, type Job } from '../../domain/job/job.ts';
import { Refusal, refuseField } from '../../domain/refusal.ts';
import { jobStream } from '../../domain/streams.ts';
import { type Tenant, toInstant } from '../../domain/values.ts';
import { LOG_START, type ReadLastOptions } from '../../event-store/port.ts';
import { APPLICATION_WENT, keepApplication, unlessDeleted } from '../application/keep-application.ts';
import type { CommandContext, CommandResult } from '../command.ts';
import type { CommandDeps } from '../command-deps.ts';
import { bindChange, bindNewJob } from '../loop/bind-definition.ts';
import { createNamed } from '../loop/create-named.ts';
import { loadApplication, loadJob } from '../loop/load.ts';
import { type MadeAppend, ownAppend, withoutOwn } from '../loop/own-append.ts';
import { parseInput } from '../parse.ts';
import type { JobWithApplication } from './change-job.ts';
import { checkHooks } from './check-hooks.ts';
import { checkNames } from './check-names.ts';
import { checkRules } from './check-rules.ts';
import { checkAhead, checkSchedule } from './check-schedule.ts';
import { deleteJob } from './delete-job.ts';
import { CreateJob } from './job-input.ts';

type CreateJobInput = Omit<CreateJob, 'taskConfig'> & {
  readonly jobId: number;
  readonly tenant: string;
  readonly actor: Actor;
  readonly taskConfig: TaskConfig;
};

/**
 * Creates a job; records nothing if its id is in use.
 * @throws Refusal BAD_SCHEDULE if its one instant has passed
 */
export const decideCreateJob = (input: CreateJobInput, job: Job, nowMs: number): EventOf<'JobCreated'>[] => {
  switch (job.status) {
    case 'absent':
      checkAhead(input, nowMs);
      return [{ type: 'JobCreated', data: definitionOf(input, nowMs) }];
    case 'enabled':
    case 'disabled':
    case 'deleted':
      return [];
  }
};

const definitionOf = ({ actor, confidential, ...given }: CreateJobInput, nowMs: number): JobDefinition => {
  const now = toInstant(nowMs);
  const by = actorName(actor);
  return {
    ...given,
    ...(confidential === true ? { confidential } : {}),
    scheduleSince: now,
    createdAt: now,
    createdBy: by,
    updatedAt: now,
    updatedBy: by,
  };
};

const isJobCreated = (event: DomainEvent): event is EventOf<'JobCreated'> => event.type === 'JobCreated';

export const createJob =
  (deps: CommandDeps) =>
  async (context: CommandContext, input: unknown): Promise<CommandResult<JobWithApplication>> => {
    const own = ownAppend(context, isJobCreated);
    if (own?.made !== undefined) return createdBefore(deps, own.made, context);
    const parsed = parseInput(CreateJob, input);
    checkSchedule(parsed);
    checkRules(parsed);
    const { tenant, actor } = context;
    const { applicationId, confidential = false } = parsed;
    const look = async (options?: ReadLastOptions) => {
      const { state, revision } = await loadApplication(deps.store, applicationId, options);
      return { ...(await checkWithin(deps, { tenant, application: state }, parsed)), lookedAt: revision };
    };
    // What is known of the application may be old: it is looked at again once the job is created, and before a refusal.
    const { application, warnings, lookedAt } = await look({ asOf: LOG_START }).catch((error) => {
      if (error instanceof Refusal) return look();
      throw error;
    });
    const taskConfig = await deps.tasks.seal(parsed.taskConfig, { tenant, applicationId, confidential });
    let stays: ReturnType<typeof keepApplication> | undefined;
    const { created, revision, position } = await deps.holdings.jobs(tenant, async (admit) => {
      await admit();
      const jobId = await deps.jobIds.take();
      const creating = { ...parsed, jobId, tenant, actor, taskConfig };
      return createNamed(deps, {
        name: { tenant, applicationId, name: parsed.name, ownerId: jobId },
        stream: jobStream(jobId),
        initial: initialJob,
        load: () => loadJob(deps.store, jobId),
        decide: (job) => decideCreateJob(creating, job, deps.world.clock.now()),
        followUp: bindNewJob(deps, jobId, context),
        onCreated: ({ data: owner }, asOf) => {
          stays ??= keepApplication(deps, { owner, context, asOf });
          // It is awaited below, unless what runs beside it fails first.
          stays.catch(() => {});
        },
        context,
        own,
      });
    });
    const kept = await stays;
    if (kept !== undefined && kept.revision !== lookedAt) {
      await checkWithin(deps, { tenant, application: kept.state }, parsed).catch((refused) => {
        if (refused instanceof Refusal) return undoCreation(deps, created.data, { context, refused });
        throw refused;
      });
    }
    return { value: { job: created.data, application }, revision, position, warnings };
  };

type Within = { readonly tenant: Tenant; readonly application: Application | undefined };

/**
 * Checks a job against the application that it is to be in.
 * @throws Refusal UNKNOWN_APPLICATION, and those of what the job names
 */
const checkWithin = async (deps: CommandDeps, { tenant, application }: Within, job: CreateJob) => {
  if (application?.tenant !== tenant) throw unknownApplication(job.applicationId);
  await checkNames(deps.store, { tenant, application }, job);
  const owner = { tenant, known: namesOf(application) };
  const warnings = [...(await deps.tasks.check(job.taskConfig, owner)), ...(await checkHooks(deps.tasks, job, owner))];
  return { application, warnings };
};

/**
 * Deletes a job again whose application was deleted, or lost what the job names, while the job was recorded. If this
 * process dies first, the engine that owns the job does it where the application was deleted.
 * @throws the refusal
 */
const undoCreation = async (
  deps: CommandDeps,
  { jobId }: JobDefinition,
  { context, refused }: { readonly context: CommandContext; readonly refused: Refusal },
): Promise<never> => {
  const isGone = refused.code === 'UNKNOWN_APPLICATION';
  const undoing = { ...withoutOwn(context), reason: isGone ? APPLICATION_WENT : APPLICATION_CHANGED };
  await deleteJob(deps)(undoing, jobId, {}).catch(unlessDeleted);
  throw refused;
};

/** Why a job is deleted that names what its application lost as the job was created. */
const APPLICATION_CHANGED = 'its application has no longer what it names';

const unknownApplication = (applicationId: number): Refusal =>
  refuseField('UNKNOWN_APPLICATION', '/applicationId', `there is no application ${applicationId}`);

/** Finishes a repeated request whose earlier attempt created the job. */
const createdBefore = async (
  deps: CommandDeps,
  { events: [created], revision, position }: MadeAppend<EventOf<'JobCreated'>>,
  context: CommandContext,
): Promise<CommandResult<JobWithApplication>> => {
  if (created === undefined) throw new Error('no job was created');
  const { data: job } = created;
  const bound = await bindChange(deps, job.jobId, context);
  const { state: application } = await keepApplication(deps, { owner: job, context });
  if (application === undefined) {
    return undoCreation(deps, job, { context, refused: unknownApplication(job.applicationId) });
  }
  return { value: { job, application }, revision, position: bound ?? position };
};
