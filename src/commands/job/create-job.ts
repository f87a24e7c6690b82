import { type ApplicationState, namesOf, presentApplication } from '../../domain/application.ts';
import type { DomainErrorCode } from '../../domain/codes/problem-codes.ts';
import { DomainError, rejectField } from '../../domain/domain-error.ts';
import {
  type Actor,
  type Application,
  createdBy,
  type EventOf,
  isOfType,
  JobDefinition,
} from '../../domain/events/index.ts';
import { initialJob, type Job } from '../../domain/job/job.ts';
import { jobStream } from '../../domain/streams.ts';
import type { TaskConfig } from '../../domain/tasks/stored.ts';
import { toInstant } from '../../domain/values.ts';
import type { Position, Revision } from '../../event-store/port.ts';
import { APPLICATION_WENT, cancelApplicationDeletion, unlessDeleted } from '../application/delete-application.ts';
import type { CommandContext, CommandResult, Precondition } from '../command.ts';
import { type MadeAppend, ownAppend, withoutOwn } from '../command.ts';
import type { CommandDeps } from '../command-deps.ts';
import { activateChange, activateNewJob } from '../loop/activate-definition.ts';
import { loadApplicationState, loadJob } from '../loop/load.ts';
import { createFindNamed, createNamed } from '../loop/names.ts';
import { parseInput } from '../parse.ts';
import { deleteJob, type JobWithApplication } from './change-job.ts';
import { checkAll, checkFields, ownChecks, requireHookPermission } from './check-fields.ts';
import { checkAhead } from './check-rules.ts';
import { CreateJob, completeChange, isJobField, PutJob } from './job-input.ts';
import { updateJob } from './update-job.ts';

type CreateJobInput = Omit<CreateJob, 'taskConfig'> & {
  readonly jobId: number;
  readonly tenant: string;
  readonly actor: Actor;
  readonly taskConfig: TaskConfig;
};

/**
 * Creates a job; records nothing if its id is in use.
 * @throws DomainError BAD_SCHEDULE if its one instant has passed
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

const definitionOf = ({ actor, confidential, ...given }: CreateJobInput, nowMs: number): JobDefinition =>
  JobDefinition.parse({
    ...given,
    ...(confidential === true ? { confidential } : {}),
    scheduleSince: toInstant(nowMs),
    ...createdBy(actor, nowMs),
  });

export const createJob =
  (deps: CommandDeps) =>
  async (context: CommandContext, input: unknown): Promise<CommandResult<JobWithApplication>> => {
    const own = ownAppend(context, isOfType('JobCreated'));
    if (own?.made !== undefined) return createdBefore(deps, own.made, context);
    const parsed = parseInput(CreateJob, input);
    requireHookPermission(context, { given: parsed });
    const { tenant, actor } = context;
    const { applicationId, confidential = false } = parsed;
    const { warnings, fromMemory } = await checkNewJob(deps, parsed, context);
    const taskConfig = await deps.tasks.seal(parsed, { tenant, applicationId, confidential });
    let checkedAgain: Promise<Application> | undefined;
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
        followUp: activateNewJob(deps, jobId, context),
        onCreated: ({ data: job }, createdAt) => {
          checkedAgain ??= checkAfterCreation(deps, { job, createdAt, fromMemory }, context);
          // It is awaited below, unless a concurrent operation fails first.
          checkedAgain.catch(() => {});
        },
        context,
        own,
      });
    });
    if (checkedAgain === undefined) throw new Error(`job ${created.data.jobId} was created without a check`);
    return { value: { job: created.data, application: await checkedAgain }, revision, position, warnings };
  };

/** A check of fields with an application from memory, which was at this revision. */
type MemoryCheck = { readonly fields: CreateJob; readonly revision: Revision };

type Checked = { readonly warnings: readonly string[]; readonly fromMemory: MemoryCheck | undefined };

/**
 * Checks a new job's fields against its application, which is often in memory. Fields that are rejected are checked again
 * with the application in the log, and accepted ones after the creation, in case it has changed. A request with an
 * `Idempotency-Key` always reads the log, because a repeat would not know that its job was accepted from memory.
 */
const checkNewJob = async (deps: CommandDeps, fields: CreateJob, { tenant, own }: CommandContext): Promise<Checked> => {
  const recalled = own === undefined ? deps.applications.recall(fields.applicationId) : undefined;
  if (recalled !== undefined) {
    try {
      const { state, revision } = recalled;
      return { warnings: await checkWith(deps, fields, { tenant, state }), fromMemory: { fields, revision } };
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
    }
  }
  const { state } = await loadApplicationState(deps.store, fields.applicationId);
  return { warnings: await checkWith(deps, fields, { tenant, state }), fromMemory: undefined };
};

type ApplicationOfJob = { readonly tenant: string; readonly state: ApplicationState };

/** @returns warnings @throws DomainError UNKNOWN_APPLICATION, and what `checkFields` throws */
const checkWith = async (
  deps: CommandDeps,
  fields: CreateJob,
  { tenant, state }: ApplicationOfJob,
): Promise<readonly string[]> => {
  const application = presentApplication(state);
  if (application?.tenant !== tenant) {
    await checkAll(ownChecks(fields));
    throw unknownApplication(fields.applicationId);
  }
  return checkFields(deps, fields, { tenant, application, known: namesOf(application), naming: fields });
};

type CreatedJob = Pick<Checked, 'fromMemory'> & { readonly job: JobDefinition; readonly createdAt: Position };

/**
 * Checks that the application stays, and again what was checked with the application from memory, if that has changed before
 * the creation. Otherwise deletes the job.
 * @returns the application
 * @throws DomainError UNKNOWN_APPLICATION, and what `checkFields` throws
 */
const checkAfterCreation = async (
  deps: CommandDeps,
  { job, createdAt, fromMemory }: CreatedJob,
  context: CommandContext,
): Promise<Application> => {
  const { tenant, applicationId } = job;
  const { state, revision } = await deps.applications.loadAt(applicationId, createdAt);
  const isGone = state.status === 'leaving' && !(await cancelApplicationDeletion(deps, { owner: job, context }));
  const application = isGone ? undefined : presentApplication(state);
  if (application === undefined) {
    await undoCreation(deps, job, { ...context, reason: APPLICATION_WENT });
    throw unknownApplication(applicationId);
  }
  if (fromMemory === undefined || fromMemory.revision === revision) return application;
  try {
    await checkWith(deps, fromMemory.fields, { tenant, state });
  } catch (error) {
    if (error instanceof DomainError) await undoCreation(deps, job, { ...context, reason: APPLICATION_CHANGED });
    throw error;
  }
  return application;
};

/** Why a job is deleted that does not fit its application any more. */
const APPLICATION_CHANGED = 'its application was changed during its creation';

/**
 * Deletes a job whose application was deleted or changed during its creation. If it was deleted and this process dies first,
 * the engine that owns the job does it.
 */
const undoCreation = async (deps: CommandDeps, { jobId }: JobDefinition, context: CommandContext): Promise<void> => {
  await deleteJob(deps)(withoutOwn(context), jobId, {}).catch(unlessDeleted);
};

const unknownApplication = (applicationId: number): DomainError =>
  rejectField('UNKNOWN_APPLICATION', '/applicationId', `there is no application ${applicationId}`);

/** Finishes a repeated request if an earlier attempt created the job. */
const createdBefore = async (
  deps: CommandDeps,
  { events: [created], revision, position }: MadeAppend<EventOf<'JobCreated'>>,
  context: CommandContext,
): Promise<CommandResult<JobWithApplication>> => {
  if (created === undefined) throw new Error('no job was created');
  const { data: job } = created;
  const bound = await activateChange(deps, job.jobId, context);
  const application = await checkAfterCreation(deps, { job, createdAt: position, fromMemory: undefined }, context);
  return { value: { job, application }, revision, position: bound ?? position };
};

/** A job's application and name. */
type JobAddress = { readonly applicationId: number; readonly name: string };

/** The expected state of a job before it is put. */
type PutPrecondition = Precondition & { readonly mustBeNew?: boolean };

type PutResult = CommandResult<JobWithApplication> & { readonly isNew: boolean };

/** Another request has created, renamed or deleted the job in the meantime. */
const OVERTAKEN: ReadonlySet<DomainErrorCode> = new Set(['NAME_TAKEN', 'JOB_NOT_FOUND']);
const MAX_TRIES = 3;

/**
 * Creates the job of this name, or replaces its definition: omitted fields are cleared. Records nothing if nothing differs.
 * @throws DomainError STALE_REVISION if the precondition fails, and what `createJob` and `updateJob` throw
 */
export const putJob =
  (deps: CommandDeps) =>
  async (
    context: CommandContext,
    { applicationId, name }: JobAddress,
    input: unknown,
    { mustBeNew = false, ...precondition }: PutPrecondition,
  ): Promise<PutResult> => {
    const put = parseInput(PutJob, input);
    if (put.name !== undefined && put.name !== name)
      throw rejectField('BAD_INPUT', '/name', `must be ${name}, as in the path: use PATCH to rename a job`);
    const given = Object.entries(put).filter(([field, value]) => isJobField(field) && value !== undefined);
    const fields = { ...Object.fromEntries(given), name };
    const find = createFindNamed(deps.store);
    for (let tries = 1; ; tries += 1) {
      const jobId = await find.job(context.tenant, applicationId, name);
      try {
        if (jobId === undefined) {
          if (precondition.expectedRevision !== undefined)
            throw stale(`there is no job ${name}: omit If-Match to create it`);
          const done = await createJob(deps)(context, { applicationId, ...fields });
          return { ...done, isNew: true };
        }
        if (mustBeNew) throw stale(`there is already a job ${name}, and If-None-Match allows only a new one`);
        const done = await updateJob(deps)(context, jobId, completeChange(fields), {
          ...precondition,
          expectedName: name,
        });
        return { ...done, isNew: false };
      } catch (error) {
        if (tries === MAX_TRIES || !(error instanceof DomainError && OVERTAKEN.has(error.code))) throw error;
      }
    }
  };

const stale = (why: string): DomainError => new DomainError('STALE_REVISION', why);
