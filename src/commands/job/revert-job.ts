import type { DomainErrorCode } from '../../domain/codes/problem-codes.ts';
import { differences } from '../../domain/difference.ts';
import { DomainError, pointerOf, rejectFields } from '../../domain/domain-error.ts';
import type { JobDefinition } from '../../domain/events/index.ts';
import { type Job, livingJob } from '../../domain/job/job.ts';
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
import { loadApplication, loadJobAt } from '../loop/load.ts';
import type { JobWithApplication } from './change-job.ts';
import { completeChange, isJobField, parseChange, UpdateJob } from './job-input.ts';
import { applyUpdate, checkChange, type JobUpdate } from './update-job.ts';

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
    applyUpdate(deps, {
      ...{ jobId, precondition },
      context: revertContext(context, version),
      plan: async (job): Promise<JobUpdate> => {
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
      },
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
