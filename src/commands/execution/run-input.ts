import { z } from 'zod';
import { namesOf } from '../../domain/application.ts';
import { defined } from '../../domain/defined.ts';
import { rejectField, rejectFields, withPointers } from '../../domain/domain-error.ts';
import {
  type Application,
  type HttpJobDefinition,
  type JobDefinition,
  Overlap,
  type RunInput,
  type WorkerJobDefinition,
} from '../../domain/events/index.ts';
import type { KnownNames } from '../../domain/parameters/index.ts';
import { HttpInput } from '../../domain/tasks/http/given.ts';
import { mergedHeaders, withQuery } from '../../domain/tasks/http/run-input.ts';
import { HTTP_TASK } from '../../domain/tasks/http/stored.ts';
import type { TaskOf } from '../../domain/tasks/kinds.ts';
import { checkTemplates, movableDestination, toGivenTask } from '../../domain/tasks/walk.ts';
import { WorkerInput } from '../../domain/tasks/worker/given.ts';
import type { WORKER_TASK } from '../../domain/tasks/worker/stored.ts';
import { InstantInput, isStorableText } from '../../domain/values.ts';
import type { CommandDeps } from '../command-deps.ts';
import { ValueText } from '../named-values/named-value.ts';
import { VARIABLES } from '../named-values/variables.ts';

const MAX_NAMES = 100;
const hasFew = (values: object): boolean => Object.keys(values).length <= MAX_NAMES;
const TOO_MANY = `at most ${MAX_NAMES}`;
const QueryName = z.string().min(1).max(200).refine(isStorableText, 'must not contain NUL or unpaired surrogates');

/** Overrides of a job's settings for one run and its reruns. */
export const RunFields = z.strictObject({
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
export const sealRunInput = async (
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
