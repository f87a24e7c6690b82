import { z } from 'zod';
import type { PauseAuthority } from '../../domain/closure/pauses.ts';
import { defined } from '../../domain/defined.ts';
import { DomainError } from '../../domain/domain-error.ts';
import {
  type Application,
  actorName,
  type ExecutionError,
  isRunEvent,
  type JobDefinition,
  type OpenExecution,
  type RunInput,
  type Trigger,
} from '../../domain/events/index.ts';
import { type Rerun, requestExecution } from '../../domain/execution/request.ts';
import { type Job, livingJob } from '../../domain/job/job.ts';
import { rulesOf } from '../../domain/job/rules.ts';
import { runsStream } from '../../domain/streams.ts';
import type { CommandContext, CommandResult } from '../command.ts';
import { ownAppend } from '../command.ts';
import type { CommandDeps } from '../command-deps.ts';
import { activateDefinition } from '../loop/activate-definition.ts';
import { handleCommand } from '../loop/handle-command.ts';
import { inputOf, loadApplication, loadJob, loadRuns } from '../loop/load.ts';
import { parseInput } from '../parse.ts';
import { RunFields, sealRunInput } from './run-input.ts';

/** Options of a requested execution. */
export const RequestInput = z
  .strictObject({
    /** Whether it is called even if the job is paused. */
    force: z.boolean().optional(),
  })
  .optional()
  .meta({ id: 'RequestExecution' });

/** Options of a trigger, including the run's input. */
export const TriggerInput = RunFields.extend({ force: z.boolean().optional() }).optional().meta({ id: 'TriggerJob' });

export type RequestedExecution = {
  readonly execution: OpenExecution;
  readonly job: JobDefinition;
  readonly application: Application | undefined;
  /** The reason, if the execution was cancelled immediately. */
  readonly error?: ExecutionError;
};

type RequestOptions = {
  readonly jobId: number;
  readonly context: CommandContext;
  readonly trigger: Exclude<Trigger, 'schedule'>;
  readonly rerun?: Rerun;
  readonly isForced: boolean;
  readonly scheduledAt?: string | undefined;
  /** Returns the sealed input of the run. */
  readonly inputFor: (job: JobDefinition, application: Application | undefined) => Promise<RunInput | undefined>;
};

/**
 * Requests an execution of a job outside its schedule.
 * @throws DomainError JOB_NOT_FOUND, PAUSED, StreamParked
 */
const requestExecutionOf = async (
  deps: CommandDeps,
  { jobId, context, trigger, rerun, isForced, scheduledAt, inputFor }: RequestOptions,
): Promise<CommandResult<RequestedExecution>> => {
  const loaded = await loadJob(deps.store, jobId);
  const own = ownAppend(context, isRunEvent);
  // If an earlier attempt made the request, it succeeds even if the job was deleted since.
  const job =
    own?.made === undefined ? livingJob(loaded.state, jobId, context.tenant).definition : definitionIn(loaded.state);
  const { tenant, applicationId, labels } = job;
  // Throws if the application is parked: its jobs must not be called.
  const { state: application } = await loadApplication(deps.store, applicationId);
  if (own?.made === undefined) rejectPaused(await deps.jobClosures.pausedBy(job), { jobId, context, isForced });
  const input = own?.made === undefined ? await inputFor(job, application) : undefined;
  const executionId = await deps.executionIds.take();
  // If the process that created the job died early, the job's definition is not active yet.
  await activateDefinition(deps, jobId, context);
  const { events, revision, position } = await handleCommand(deps, {
    stream: runsStream(jobId),
    context,
    load: async () => {
      const { state: runs, revision } = await loadRuns(deps.store, jobId);
      // Read after the runs: a later deletion makes this append fail, or cancels the execution.
      const { state: asked } = await loadJob(deps.store, jobId);
      return { state: { runs, asked }, revision };
    },
    own,
    decide: ({ runs, asked }, revision) => {
      const { definition } = livingJob(asked, jobId, context.tenant);
      return requestExecution(runs, {
        job: { tenant, applicationId, jobId },
        rules: rulesOf(definition),
        executionId,
        trigger,
        createdBy: actorName(context.actor),
        requestTrace: context.traceparent,
        labels,
        nowMs: deps.world.clock.now(),
        rerun,
        isForced,
        scheduledAt,
        input,
        revision: revision + 1,
      });
    },
  });
  const requested = events.find(({ type }) => type === 'ExecutionRequested');
  const execution = requested?.data.tail.open.at(-1);
  if (execution === undefined) throw new Error(`no execution of job ${jobId} was requested`);
  const last = events.at(-1);
  const error = last?.type === 'ExecutionCancelled' ? last.data.error : undefined;
  return { value: { execution, job, application, ...defined({ error }) }, revision, position };
};

type RunRequest = Pick<RequestOptions, 'jobId' | 'context'> & { readonly isForced: boolean };

/** Only administrators can override a pause of the installation. @throws DomainError PAUSED */
const rejectPaused = (pausedBy: PauseAuthority | undefined, { jobId, context, isForced }: RunRequest): void => {
  const mayForce = pausedBy === 'tenant' || context.isAdministrator === true;
  if (pausedBy === undefined || (isForced && mayForce)) return;
  const why = mayForce
    ? `job ${jobId} is paused: see GET /pauses for the reason, or send {"force": true} to run it anyway`
    : 'the whole installation is paused: only an administrator can force a run';
  throw new DomainError('PAUSED', why);
};

/** The definition of a job, including a deleted one. */
const definitionIn = (job: Job): JobDefinition => {
  if (job.status === 'absent') throw new Error('nothing was requested of a job that does not exist');
  return job.definition;
};

export const triggerJob =
  (deps: CommandDeps) =>
  (context: CommandContext, jobId: number, given?: unknown): Promise<CommandResult<RequestedExecution>> => {
    const { force = false, scheduledAt, ...fields } = parseInput(TriggerInput, given) ?? {};
    return requestExecutionOf(deps, {
      ...{ jobId, context, trigger: 'manual', isForced: force, scheduledAt },
      inputFor: (job, application) => sealRunInput(deps, fields, { job, application }),
    });
  };

/** The execution to repeat. */
type RerunInput = {
  readonly executionId: number;
  readonly jobId: number;
  /** Nominal time: parameters are resolved for it again. */
  readonly scheduledAt: string;
  /** Revision of the definition to use; `undefined` for the newest. */
  readonly definitionRevision: number | undefined;
  /** Revision, in the stream of runs, of the request with its input. */
  readonly inputRevision?: number | undefined;
};

/** Requests an execution with the same nominal time as another one. */
export const rerunExecution =
  (deps: CommandDeps) =>
  (
    context: CommandContext,
    { executionId, jobId, scheduledAt, definitionRevision, inputRevision }: RerunInput,
    given?: unknown,
  ): Promise<CommandResult<RequestedExecution>> =>
    requestExecutionOf(deps, {
      jobId,
      context,
      trigger: 'rerun',
      isForced: parseInput(RequestInput, given)?.force === true,
      inputFor: async () => (inputRevision === undefined ? undefined : inputOf(deps.store, jobId, inputRevision)),
      rerun: { rerunOf: executionId, scheduledAt, definitionRevision },
    });
