import { isDeepStrictEqual } from 'node:util';
import { namesOf } from '../../domain/application.ts';
import type { DomainErrorCode } from '../../domain/codes/problem-codes.ts';
import { differences } from '../../domain/difference.ts';
import { DomainError, pointerOf, rejectField, rejectFields } from '../../domain/domain-error.ts';
import { changedBy, type EventOf, JobDefinition } from '../../domain/events/index.ts';
import { type Job, livingJob, type SwitchInput } from '../../domain/job/job.ts';
import { withStoredBody } from '../../domain/omitted.ts';
import { NO_NAMES } from '../../domain/parameters/index.ts';
import type { TaskConfig } from '../../domain/tasks/stored.ts';
import { toGivenTask } from '../../domain/tasks/walk.ts';
import { isSealed, type Tenant } from '../../domain/values.ts';
import type { EventStore } from '../../event-store/port.ts';
import {
  bootstrapOwner,
  type CommandContext,
  type CommandResult,
  type Precondition,
  revertContext,
} from '../command.ts';
import type { CommandDeps } from '../command-deps.ts';
import { loadApplication, loadJob, loadJobAt } from '../loop/load.ts';
import { createRename } from '../loop/names.ts';
import { type ChangedJob, changeJob, type JobPrecondition, type JobWithApplication } from './change-job.ts';
import {
  type Check,
  checkAll,
  checkHooks,
  checkNames,
  givesHook,
  ownChecks,
  requireHookPermission,
} from './check-fields.ts';
import { checkAhead, checkRules, checkSchedule, sameSchedule } from './check-rules.ts';
import type { SealTask } from './check-task.ts';
import {
  checkKind,
  checkRenamed,
  completeChange,
  isJobField,
  nameWarnings,
  parseChange,
  UpdateJob,
  withoutNulls,
} from './job-input.ts';

type JobUpdate = {
  readonly change: UpdateJob;
  /** Seals the new taskConfig, given the job before the change; `undefined` if it does not change. */
  readonly seal: (before: JobDefinition) => TaskConfig | undefined;
  /** The bootstrap files that own the job after the change; `undefined` if the actor owns it. */
  readonly owner?: string | undefined;
};

/**
 * Merges a change into a job; records nothing if nothing changes. A job that returns to bootstrap files is recorded anyway,
 * because its owner changes.
 */
export const decideUpdateJob = (input: JobUpdate & SwitchInput, job: Job, nowMs: number): EventOf<'JobUpdated'>[] => {
  const { definition } = livingJob(job, input.jobId, input.tenant);
  const { change } = input;
  if (change.applicationId !== undefined && change.applicationId !== definition.applicationId) {
    throw rejectField(
      'JOB_STAYS',
      '/applicationId',
      'a job cannot move to another application: create it there, then delete this one',
    );
  }
  const merged = merge(definition, change, input.seal(definition));
  checkRenamed(merged.name, definition.name);
  checkSchedule(merged);
  checkRules(merged);
  const changed = changedBy(input.actor, nowMs, input.owner);
  const isAdopted =
    (input.actor.type === 'bootstrap' || input.owner !== undefined) && definition.updatedBy !== changed.updatedBy;
  if (isDeepStrictEqual(merged, definition) && !isAdopted) return [];
  const updated = { ...merged, ...changed };
  if (sameSchedule(merged, definition)) return [{ type: 'JobUpdated', data: updated }];
  checkAhead(merged, nowMs);
  return [{ type: 'JobUpdated', data: { ...updated, scheduleSince: changed.updatedAt } }];
};

/** Applies a change to a job; null clears a field. A pattern replaces the schedule and vice versa. */
const merge = (
  definition: JobDefinition,
  { pattern, schedule, timezone, confidential, ...others }: UpdateJob,
  taskConfig: TaskConfig = definition.taskConfig,
): JobDefinition => {
  const change = {
    ...others,
    pattern: pattern === undefined && isGiven(schedule) ? null : pattern,
    schedule: schedule === undefined && isGiven(pattern) ? null : schedule,
    timezone: timezone === null ? 'UTC' : timezone,
    confidential: confidential === false ? null : confidential,
    taskConfig,
  };
  const given = Object.entries(change).filter(([field, value]) => isJobField(field) && value !== undefined);
  return JobDefinition.parse(withoutNulls({ ...definition, ...Object.fromEntries(given) }));
};

const isGiven = (value: unknown): boolean => value !== undefined && value !== null;

/** Returns whether the task may have to be sealed again: a new taskConfig, or another value of `confidential`. */
const reseals = ({ taskConfig, confidential }: UpdateJob): boolean =>
  taskConfig !== undefined || confidential !== undefined;

const newTask = (change: UpdateJob, before: JobDefinition, seal: SealTask): TaskConfig | undefined => {
  const was = before.confidential ?? false;
  const confidential = change.confidential === undefined ? was : (change.confidential ?? false);
  if (change.taskConfig === undefined && confidential === was) return undefined;
  const { taskType = before.taskType, taskConfig = toGivenTask(before) } = change;
  return seal({ taskType, taskConfig }, { previous: before, confidential });
};

/**
 * Checks a change and the resulting job.
 * @returns warnings
 * @throws DomainError naming all rejected fields
 */
const checkChange = async (
  deps: CommandDeps,
  change: UpdateJob,
  definition: JobDefinition,
): Promise<readonly string[]> => {
  checkKind(change, definition);
  const { taskType = definition.taskType, taskConfig = definition.taskConfig, ...others } = change;
  const merged = { ...merge(definition, others), taskType, taskConfig };
  const warnings = await checkAll([...ownChecks(merged), ...(await checksOfNamed(deps, change, definition))]);
  return warnings.flat();
};

/** Checks the names that the change uses, and the targets of its requests. */
const checksOfNamed = async (
  { store, tasks }: CommandDeps,
  change: UpdateJob,
  { tenant, applicationId, ...before }: JobDefinition,
): Promise<readonly Check[]> => {
  const { taskType = before.taskType, taskConfig, calendar, limit } = change;
  if (!taskConfig && !calendar && !limit && !givesHook(change)) return [];
  const { state: application } = await loadApplication(store, applicationId);
  const owner = { tenant, known: application === undefined ? NO_NAMES : namesOf(application) };
  return [
    async () => {
      await checkNames(store, { tenant, application }, { calendar, limit });
      return [];
    },
    () =>
      taskConfig === undefined
        ? []
        : tasks.check({ taskType, taskConfig: withStoredBody({ taskType, taskConfig }, before) }, owner),
    () => checkHooks(tasks, change, owner),
  ];
};

/**
 * Merges an update into a job; reserves a new name first and releases the old one afterwards.
 * @param plan checks the update's names against the current job
 */
const applyUpdate = async (
  deps: CommandDeps,
  changing: ChangedJob,
  plan: (job: Job) => Promise<JobUpdate & { readonly warnings: readonly string[] }>,
): Promise<CommandResult<JobWithApplication>> => {
  const { jobId, context } = changing;
  const { tenant, actor } = context;
  if (context.own?.made !== undefined) {
    const { before: _, ...done } = await changeJob(deps, { ...changing, decide: () => [] });
    return { ...done, warnings: [] };
  }
  const { state } = await loadJob(deps.store, jobId);
  const { warnings, ...update } = await plan(state);
  const { definition } = livingJob(state, jobId, tenant);
  const rename = createRename(deps, { tenant, applicationId: definition.applicationId, ownerId: jobId }, context);
  const { before: _, ...done } = await changeJob(deps, {
    ...changing,
    decide: (job) => {
      const events = decideUpdateJob({ ...update, jobId, tenant, actor }, job, deps.world.clock.now());
      const before = job.status === 'absent' ? undefined : job.definition;
      for (const { data } of events) requireHookPermission(context, { given: data, before });
      return events;
    },
    prepare: async ([updated], job) => {
      if (updated !== undefined && job.status !== 'absent')
        await rename.reserve(job.definition.name, updated.data.name);
    },
  });
  await rename.release(done.value.job.name);
  return { ...done, warnings };
};

export const updateJob =
  (deps: CommandDeps) =>
  async (
    context: CommandContext,
    jobId: number,
    input: unknown,
    precondition: JobPrecondition,
  ): Promise<CommandResult<JobWithApplication>> => {
    const change = parseChange(UpdateJob, input);
    return applyUpdate(deps, { context, jobId, precondition }, async (job) => {
      const { definition } = livingJob(job, jobId, context.tenant);
      const warnings = [
        ...(await checkChange(deps, change, definition)),
        ...nameWarnings(change.name ?? definition.name),
      ];
      const seal = reseals(change) ? await deps.tasks.sealOf(context.tenant, definition.applicationId) : undefined;
      return { change, warnings, seal: (before) => seal && newTask(change, before, seal) };
    });
  };

/** The change that gives any job of the application this definition. */
const changeTo = (definition: JobDefinition): UpdateJob => {
  const given = Object.entries(definition).filter(([field]) => isJobField(field));
  return parseChange(UpdateJob, completeChange({ ...Object.fromEntries(given), taskConfig: toGivenTask(definition) }));
};

/** @throws DomainError JOB_DELETED if the job was deleted and can't be reverted */
const rejectDeleted = (job: Job, { jobId, version, tenant }: VersionRef): void => {
  if (job.status !== 'deleted' || job.definition.tenant !== tenant) return;
  const why = `job ${jobId} is permanently deleted: create a job with the fields of version ${version}`;
  throw new DomainError('JOB_DELETED', why);
};

type VersionRef = { readonly jobId: number; readonly version: number; readonly tenant: Tenant };

/** @throws DomainError VERSION_NOT_FOUND */
const loadVersion = async (store: EventStore, { jobId, version }: VersionRef): Promise<JobDefinition> => {
  const found = await loadJobAt(store, jobId, version - 1);
  if (found.status === 'absent') throw new DomainError('VERSION_NOT_FOUND', `job ${jobId} has no version ${version}`);
  return found.definition;
};

/** @throws DomainError SECRET_NOT_REUSABLE if a secret of the task can't be opened any more */
const rejectErased = async (store: EventStore, { applicationId, taskConfig }: JobDefinition, version: number) => {
  const { state: application } = await loadApplication(store, applicationId);
  const erased = erasedSecrets({ taskConfig }, application?.erasedGeneration ?? 0);
  if (erased.length === 0) return;
  const message = `the secret of version ${version} was erased: update the job with PUT, and give the value itself`;
  throw rejectFields(
    'SECRET_NOT_REUSABLE',
    erased.map((pointer) => ({ pointer, message })),
  );
};

const GONE: ReadonlySet<DomainErrorCode> = new Set(['UNKNOWN_CALENDAR', 'UNKNOWN_LIMIT']);

/** Adds the remedy to the rejection of a missing name. */
const withRemedy = (error: unknown, version: number): unknown => {
  if (!(error instanceof DomainError) || !GONE.has(error.code)) return error;
  const remedy = `version ${version} uses it: first set it again, or update the job with PUT`;
  return new DomainError(error.code, `${error.message}; ${remedy}`, error.errors);
};

/**
 * Reverts a job to one of its versions, counted from 1. A version that bootstrap files made belongs to them again. Records
 * nothing if nothing changes.
 */
export const revertJob =
  (deps: CommandDeps) =>
  (
    context: CommandContext,
    jobId: number,
    version: number,
    precondition: Precondition,
  ): Promise<CommandResult<JobWithApplication>> =>
    applyUpdate(deps, { jobId, precondition, context: revertContext(context, version) }, async (job) => {
      const { tenant } = context;
      rejectDeleted(job, { jobId, version, tenant });
      const { definition } = livingJob(job, jobId, tenant);
      const wanted = await loadVersion(deps.store, { jobId, version, tenant });
      await rejectErased(deps.store, wanted, version);
      const change = changeTo(wanted);
      try {
        const warnings = await checkChange(deps, change, definition);
        return { change, warnings, seal: taskOf(wanted), owner: bootstrapOwner(wanted.updatedBy) };
      } catch (error) {
        throw withRemedy(error, version);
      }
    });

/** The task of the version with its sealed secrets; the job's own if it is equal. */
const taskOf =
  ({ taskConfig }: JobDefinition): JobUpdate['seal'] =>
  (before) =>
    differences(before.taskConfig, taskConfig).length === 0 ? undefined : taskConfig;

/** JSON pointers to sealed values, at any depth, with an erased data key: they can't be opened again. */
export const erasedSecrets = (value: unknown, erasedGeneration: number, pointer = ''): string[] => {
  if (typeof value !== 'object' || value === null) return [];
  if (isSealed(value)) return value.$sealed.generation <= erasedGeneration ? [pointer] : [];
  return Object.entries(value).flatMap(([key, item]) =>
    erasedSecrets(item, erasedGeneration, pointer + pointerOf([key])),
  );
};
