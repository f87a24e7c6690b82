import { namesOf } from '../../domain/application.ts';
import type { DomainErrorCode } from '../../domain/codes/problem-codes.ts';
import { DomainError, rejectField } from '../../domain/domain-error.ts';
import { type Actor, createdBy, type DomainEvent, type EventOf, JobDefinition } from '../../domain/events/index.ts';
import { initialJob, type Job } from '../../domain/job/job.ts';
import { jobStream } from '../../domain/streams.ts';
import type { TaskConfig } from '../../domain/tasks/stored.ts';
import { toInstant } from '../../domain/values.ts';
import { loadApplicationOf } from '../application/applications.ts';
import { APPLICATION_WENT, cancelApplicationDeletion, unlessDeleted } from '../application/delete-application.ts';
import type { CommandContext, CommandResult, Precondition } from '../command.ts';
import { type MadeAppend, ownAppend, withoutOwn } from '../command.ts';
import type { CommandDeps } from '../command-deps.ts';
import { activateChange, activateNewJob } from '../loop/activate-definition.ts';
import { loadJob } from '../loop/load.ts';
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

const isJobCreated = (event: DomainEvent): event is EventOf<'JobCreated'> => event.type === 'JobCreated';

export const createJob =
  (deps: CommandDeps) =>
  async (context: CommandContext, input: unknown): Promise<CommandResult<JobWithApplication>> => {
    const own = ownAppend(context, isJobCreated);
    if (own?.made !== undefined) return createdBefore(deps, own.made, context);
    const parsed = parseInput(CreateJob, input);
    requireHookPermission(context, { given: parsed });
    const { tenant, actor } = context;
    const application = await loadApplicationOf(deps.store, parsed.applicationId, tenant);
    if (application === undefined) {
      await checkAll(ownChecks(parsed));
      throw unknownApplication(parsed.applicationId);
    }
    const owner = { tenant, application, known: namesOf(application), naming: parsed };
    const warnings = await checkFields(deps, parsed, owner);
    const { applicationId, confidential = false } = parsed;
    const taskConfig = await deps.tasks.seal(parsed, { tenant, applicationId, confidential });
    let stays: Promise<boolean> | undefined;
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
        onCreated: ({ data: owner }) => {
          stays ??= cancelApplicationDeletion(deps, { owner, context });
          // It is awaited below, unless a concurrent operation fails first.
          stays.catch(() => {});
        },
        context,
        own,
      });
    });
    if (!(await stays)) await undoCreation(deps, created.data, context);
    return { value: { job: created.data, application }, revision, position, warnings };
  };

/**
 * Deletes a job whose application was deleted during its creation. If this process dies first, the engine that owns the job
 * does it.
 * @throws DomainError UNKNOWN_APPLICATION
 */
const undoCreation = async (
  deps: CommandDeps,
  { jobId, applicationId }: JobDefinition,
  context: CommandContext,
): Promise<never> => {
  const undoing = { ...withoutOwn(context), reason: APPLICATION_WENT };
  await deleteJob(deps)(undoing, jobId, {}).catch(unlessDeleted);
  throw unknownApplication(applicationId);
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
  if (!(await cancelApplicationDeletion(deps, { owner: job, context }))) await undoCreation(deps, job, context);
  const application = await loadApplicationOf(deps.store, job.applicationId, context.tenant);
  if (application === undefined) throw unknownApplication(job.applicationId);
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
