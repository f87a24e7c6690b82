import { z } from 'zod';
import { namesOf } from '../../domain/application.ts';
import type { PauseAuthority } from '../../domain/closure/pauses.ts';
import { defined } from '../../domain/defined.ts';
import { DomainError, rejectField, rejectFields, withPointers } from '../../domain/domain-error.ts';
import {
  type Application,
  actorName,
  type ExecutionError,
  type HttpJobDefinition,
  isRunEvent,
  type JobDefinition,
  type OpenExecution,
  Overlap,
  type RunInput,
  type Trigger,
  type WorkerJobDefinition,
} from '../../domain/events/index.ts';
import { makeRoomForNewer } from '../../domain/execution/cancel.ts';
import { type Rerun, requestExecution } from '../../domain/execution/request.ts';
import type { Runs } from '../../domain/execution/tail.ts';
import { type Job, livingJob } from '../../domain/job/job.ts';
import { rulesOf } from '../../domain/job/rules.ts';
import type { KnownNames } from '../../domain/parameters/index.ts';
import { runsStream } from '../../domain/streams.ts';
import { HttpInput } from '../../domain/tasks/http/kind.ts';
import { mergedHeaders, withQuery } from '../../domain/tasks/http/run-input.ts';
import { HTTP_TASK } from '../../domain/tasks/http/stored.ts';
import type { TaskOf } from '../../domain/tasks/kinds.ts';
import { checkTemplates, movableDestination, toGivenTask } from '../../domain/tasks/walk.ts';
import { WorkerInput } from '../../domain/tasks/worker/given.ts';
import type { WORKER_TASK } from '../../domain/tasks/worker/stored.ts';
import { InstantInput, storableText } from '../../domain/values.ts';
import { type CommandContext, type CommandResult, ownAppend } from '../command.ts';
import type { CommandDeps } from '../command-deps.ts';
import { activateDefinition } from '../loop/activate-definition.ts';
import { handleCommand, type LoadedState } from '../loop/handle-command.ts';
import { inputOf, type LoadedJob, loadApplication, loadJob, loadRuns } from '../loop/load.ts';
import { VARIABLES, ValueText } from '../named-values/named-value.ts';
import { parseInput } from '../parse.ts';

const MAX_NAMES = 100;
const hasFew = (values: object): boolean => Object.keys(values).length <= MAX_NAMES;
const TOO_MANY = `at most ${MAX_NAMES}`;
const QueryName = storableText(200).min(1);

/** Overrides of a job's settings for one run and its reruns. */
const RunFields = z.strictObject({
  body: HttpInput.shape.body.describe("Sent instead of the job's body"),
  headers: HttpInput.shape.headers.describe('Replaces the query parameters with these names'),
  query: z.record(QueryName, ValueText).refine(hasFew, TOO_MANY).optional(),
  task: z
    .strictObject({ input: WorkerInput.shape.input.unwrap() })
    .optional()
    .describe("For a worker task: sent instead of the job's input"),
  variables: z.record(VARIABLES.nameInput, ValueText).refine(hasFew, TOO_MANY).optional(),
  overlap: Overlap.optional().describe("The overlap policy for this run, instead of the job's"),
  scheduledAt: InstantInput.optional().describe('The nominal time, for which parameters are resolved; default: now'),
});
type RunFields = Omit<z.infer<typeof RunFields>, 'scheduledAt'>;

type Owner = { readonly job: JobDefinition; readonly application: Application | undefined };

/**
 * Checks the input of one run like a change of the job, and seals its secrets. It can neither move the target nor send a
 * secret of the application: a caller who can only trigger a job must do neither.
 * @returns `undefined` if there is no input
 * @throws DomainError BAD_INPUT, BAD_PARAMETER, HEADER_REJECTED, the rejections of a task
 */
const sealRunInput = async (
  { tasks }: CommandDeps,
  fields: RunFields,
  { job, application }: Owner,
): Promise<RunInput | undefined> => {
  const { variables, overlap } = fields;
  if (Object.values(fields).every((given) => given === undefined)) return undefined;
  rejectOtherKinds(fields, job);
  rejectMovable(variables, job);
  const names = application === undefined ? undefined : namesOf(application);
  const known: KnownNames = {
    variables: new Set([...(names?.variables ?? []), ...Object.keys(variables ?? {})]),
    secrets: names?.secrets ?? new Map(),
  };
  const sealed =
    job.taskType === HTTP_TASK
      ? await sealHttpInput(tasks, fields, { job, known })
      : await sealWorkInput(tasks, fields, { job, known });
  return { ...sealed, ...defined({ variables, overlap }) };
};

type OwnerOf<Job> = { readonly job: Job; readonly known: KnownNames };

const sealWorkInput = async (
  tasks: CommandDeps['tasks'],
  { task: given }: RunFields,
  { job, known }: OwnerOf<WorkerJobDefinition>,
): Promise<Pick<RunInput, 'task'>> => {
  if (given === undefined) return {};
  const { tenant, applicationId, confidential = false, taskType, taskConfig } = job;
  const { input } = given;
  rejectTemplates({ taskType, taskConfig: { input } }, { ...known, secrets: new Map() });
  const { queue, task: name } = taskConfig;
  const task = { taskType, taskConfig: { queue, task: name, input } };
  await inTaskWords(tasks.check(task, { tenant, known }));
  const sealing = { tenant, applicationId, confidential, previous: job };
  const { input: sealed } = await inTaskWords(tasks.seal<typeof WORKER_TASK>(task, sealing));
  return sealed === undefined ? {} : { task: { input: sealed } };
};

const sealHttpInput = async (
  tasks: CommandDeps['tasks'],
  { body, headers, query }: RunFields,
  { job, known }: OwnerOf<HttpJobDefinition>,
): Promise<Pick<RunInput, 'body' | 'headers' | 'query'>> => {
  const { tenant, applicationId, confidential = false, taskType, taskConfig } = job;
  if (body !== undefined && taskConfig.method === 'HEAD') {
    throw rejectField('BAD_INPUT', '/body', "can't be sent: the job's method is HEAD");
  }
  rejectTemplates({ taskType, taskConfig: { body, headers } }, { ...known, secrets: new Map() });
  const stored = toGivenTask({ taskType, taskConfig });
  const changed = {
    ...stored,
    ...defined({ body }),
    ...(headers === undefined ? {} : { headers: mergedHeaders(stored.headers, headers) }),
    ...(query === undefined ? {} : withQuery(taskConfig, query)),
  };
  const task = { taskType, taskConfig: changed };
  await inOwnWords(tasks.check(task, { tenant, known }));
  const sealed = await inOwnWords(tasks.seal(task, { tenant, applicationId, confidential, previous: job }));
  const { body: sealedBody, headers: sealedHeaders = {} } = sealed;
  return {
    ...(body === undefined || sealedBody === undefined ? {} : { body: sealedBody }),
    ...(headers === undefined
      ? {}
      : {
          headers: Object.fromEntries(Object.entries(sealedHeaders).filter(([name]) => Object.hasOwn(headers, name))),
        }),
    ...(query === undefined ? {} : { query: await tasks.sealQuery(query, job) }),
  };
};

/** @throws DomainError BAD_INPUT for a field that another kind of task has */
const rejectOtherKinds = ({ body, headers, query, task }: RunFields, { taskType }: JobDefinition): void => {
  const others = taskType === HTTP_TASK ? { task } : { body, headers, query };
  for (const [name, given] of Object.entries(others)) {
    if (given !== undefined) throw rejectField('BAD_INPUT', `/${name}`, `has no effect on a job with a ${taskType}`);
  }
};

/** @throws DomainError BAD_INPUT if a run's variables could move an origin that receives the job's secrets */
const rejectMovable = (variables: RunFields['variables'], job: JobDefinition): void => {
  const movable = variables === undefined ? undefined : movableDestination(job);
  if (movable === undefined) return;
  const why = movable.destination === 'target' ? 'target' : 'token URL (taskConfig.auth.tokenUrl)';
  throw rejectField('BAD_INPUT', '/variables', `cannot be given, because the job's ${why} depends on a parameter`);
};

/** @throws DomainError BAD_PARAMETER for a parameter that uses a secret or an unknown name */
const rejectTemplates = (given: TaskOf<object>, known: KnownNames): void => {
  const rejections = checkTemplates(given, known);
  if (rejections.length === 0) return;
  throw rejectFields(
    'BAD_PARAMETER',
    rejections.map(({ pointer, rejection }) => ({ pointer, message: rejection.message })),
  );
};

/** Renames the fields of a rejected task to those of the run's request. */
const inOwnWords = <T>(checked: Promise<T>): Promise<T> => withPointers(checked, { from: '/taskConfig', to: '' });
const inTaskWords = <T>(checked: Promise<T>): Promise<T> => withPointers(checked, { from: '/taskConfig', to: '/task' });

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
  request: RequestOptions,
): Promise<CommandResult<RequestedExecution>> => {
  const { jobId, context, trigger, rerun, isForced, scheduledAt, inputFor } = request;
  const { store } = deps;
  const [loaded, loadedRuns] = await Promise.all([loadJob(store, jobId), loadRuns(store, jobId)]);
  const own = ownAppend(context, isRunEvent);
  // If an earlier attempt made the request, it succeeds even if the job was deleted since.
  const job =
    own?.made === undefined ? livingJob(loaded.state, jobId, context.tenant).definition : definitionIn(loaded.state);
  const [{ state: application }, pausedBy] = await Promise.all([
    // Throws if the application is parked: its jobs must not be called.
    loadApplication(store, job.applicationId),
    own?.made === undefined ? deps.jobClosures.pausedBy(job) : undefined,
  ]);
  rejectPaused(pausedBy, request);
  const input = own?.made === undefined ? await inputFor(job, application) : undefined;
  const executionId = await deps.executionIds.take();
  // If the process that created the job died early, the job's definition is not active yet.
  const isActive = loadedRuns.state.jobRevision === loaded.definitionRevision;
  if (!isActive) await activateDefinition(deps, jobId, context);
  const replaces = own?.made === undefined && (input?.overlap ?? rulesOf(job).overlap) === 'replace';
  if (replaces) await makeRoom(deps, job, context);
  // A later edit or deletion makes this append fail, or cancels the execution.
  const stream = runsStream(jobId);
  const isNext = deps.lanes.isFree(stream);
  let atHand = isActive && isNext && !replaces ? loadedState(loadedRuns, loaded) : undefined;
  const { events, revision, position } = await handleCommand(deps, {
    stream,
    context,
    load: async () => {
      const known = atHand;
      atHand = undefined;
      if (known !== undefined) return known;
      const runs = await loadRuns(store, jobId);
      // Read after the runs, for the same reason.
      return loadedState(runs, await loadJob(store, jobId));
    },
    own,
    decide: ({ runs, requested: wanted }, revision) => {
      const { definition } = livingJob(wanted, jobId, context.tenant);
      return requestExecution(runs, {
        job,
        rules: rulesOf(definition),
        executionId,
        trigger,
        createdBy: actorName(context.actor),
        requestTrace: context.traceparent,
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

/** The runs of a job, and the definition to run. */
const loadedState = ({ state: runs, revision }: LoadedState<Runs>, { state: requested }: LoadedJob) => ({
  state: { runs, requested },
  revision,
});

/** Cancels open executions before a request replaces them, until few are left. */
const makeRoom = async (deps: CommandDeps, job: JobDefinition, context: CommandContext): Promise<void> => {
  const cancelSome = () =>
    handleCommand(deps, {
      stream: runsStream(job.jobId),
      context,
      load: () => loadRuns(deps.store, job.jobId),
      decide: (runs) => makeRoomForNewer(runs, { job, nowMs: deps.world.clock.now() }),
    });
  while ((await cancelSome()).events.length > 0);
};

/** Only administrators can override a pause of the installation. @throws DomainError PAUSED */
const rejectPaused = (pausedBy: PauseAuthority | undefined, { jobId, context, isForced }: RequestOptions): void => {
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
