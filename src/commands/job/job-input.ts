import { z } from 'zod';
import { rejectField } from '../../domain/domain-error.ts';
import type { TimedSchedule } from '../../domain/events/index.ts';
import { GIVEN_TASKS } from '../../domain/tasks/given.ts';
import { HTTP_TASK } from '../../domain/tasks/http/stored.ts';
import { ofAnyKind, TaskType } from '../../domain/tasks/stored.ts';
import { WORKER_TASK } from '../../domain/tasks/worker/stored.ts';
import { ApplicationId, InstantInput, invisibleProblem, plainText, storableText } from '../../domain/values.ts';
import { clearable, parseInput, requireVisible, serverSet } from '../parse.ts';
import { RetentionInput, RulesChange, RulesInput } from './rules-input.ts';

/** The fields of a job that callers can send. Other fields are rejected by name. */

const LABEL_KEY = /^[A-Za-z0-9](?:[A-Za-z0-9._/-]{0,61}[A-Za-z0-9])?$/;

const MAX_LABELS = 16;

export const Name = z
  .string()
  .transform((name) => name.normalize('NFC').trim())
  .pipe(plainText(200));
/** A name is part of an address, such as `crm/nightly-sync`; one with only digits would be an id. */
const ADDRESSABLE = /^(?!\.{1,2}$)(?=.*\D)[^/\\?#%]+$/u;
const nameProblem = (name: string): string | undefined =>
  ADDRESSABLE.test(name) ? invisibleProblem(name) : NOT_ADDRESSABLE;
const NOT_ADDRESSABLE = 'must not contain / \\ ? # or %, and must not be "." or ".." or digits only';
/** The name of a new resource; earlier versions accepted any name. */
export const NewName = Name.superRefine((name, { addIssue }) => {
  const message = nameProblem(name);
  if (message !== undefined) addIssue({ code: 'custom', message });
});

export const DisplayName = Name.superRefine(requireVisible);

/**
 * Rejects a new name that can't be part of an address. An existing name can stay.
 * @param before `undefined` for a new resource
 * @throws DomainError BAD_INPUT
 */
export const checkRenamed = (name: string, before: string | undefined): void => {
  const problem = name === before ? undefined : nameProblem(name);
  if (problem !== undefined) throw rejectField('BAD_INPUT', '/name', problem);
};

/** Warnings for a change of a resource with such an existing name. */
export const nameWarnings = (name: string): readonly string[] => {
  const problem = nameProblem(name);
  return problem === undefined ? [] : [`the name "${name}" ${problem}, or it cannot be part of an address: rename it`];
};

export const Description = storableText(2_000);

const LabelKey = z
  .string()
  .regex(
    LABEL_KEY,
    'must be 1 to 63 letters, digits, ".", "_", "/" or "-", beginning and ending with a letter or digit',
  );
const LabelValue = storableText(255).superRefine(requireVisible);
const isFew = (labels: object): boolean => Object.keys(labels).length <= MAX_LABELS;
const TOO_MANY_LABELS = `at most ${MAX_LABELS} labels`;

export const Labels = z.record(LabelKey, LabelValue).refine(isFew, TOO_MANY_LABELS);

/** Labels to add; null removes one. */
export const LabelChange = z.record(LabelKey, LabelValue.nullable()).refine(isFew, TOO_MANY_LABELS);
export type LabelChange = z.infer<typeof LabelChange>;

/** @throws DomainError BAD_INPUT if there are more labels than a job can have */
export const checkLabels = (labels: object): void => {
  if (!isFew(labels)) throw rejectField('BAD_INPUT', '/labels', `a job has ${TOO_MANY_LABELS}`);
};

/** One instant, or an interval, which is checked with the rest of the schedule. */
const AtOrEveryInput = z
  .strictObject({ at: InstantInput.optional(), every: z.string().optional() })
  .transform(({ at, every }, context): TimedSchedule => {
    if (at !== undefined && every === undefined) return { at };
    if (every !== undefined && at === undefined) return { every };
    context.issues.push({ code: 'custom', message: 'needs exactly one of at and every', input: context.value });
    return z.NEVER;
  })
  .meta({ id: 'TimedSchedule' });

const schedule = {
  pattern: z.string(),
  schedule: AtOrEveryInput,
  timezone: z.string(),
  startAt: InstantInput,
  endAt: InstantInput,
};

/** A job with a task of any kind. */
const AnyJob = z.strictObject({
  applicationId: ApplicationId,
  name: NewName,
  description: Description.optional(),
  enabled: z.boolean().default(true),
  pattern: schedule.pattern.optional(),
  schedule: schedule.schedule.optional(),
  timezone: schedule.timezone.default('UTC'),
  startAt: schedule.startAt.optional(),
  endAt: schedule.endAt.optional(),
  ...RulesInput.shape,
  taskType: TaskType,
  taskConfig: z.unknown(),
  confidential: z.boolean().optional(),
  labels: Labels.optional(),
  retention: RetentionInput.optional(),
});

export const CreateJob = ofAnyKind(AnyJob, GIVEN_TASKS, 'CreateJob');
export type CreateJob = z.infer<typeof CreateJob>;

const AnyJobFields = AnyJob.omit({ applicationId: true });
/** A job without its application, as in a bootstrap file. */
export const JobFields = ofAnyKind(AnyJobFields, GIVEN_TASKS, 'JobInFile');
export type JobFields = z.infer<typeof JobFields>;

const setByServer = {
  ...serverSet('id', 'application', 'nextRunAt', 'lastExecution', 'completed', 'state'),
  ...serverSet('createdAt', 'createdBy', 'updatedAt', 'updatedBy'),
};

/**
 * The complete job for the addressed name. Without `enabled`, a new job is enabled, and an existing one keeps its status.
 */
export const PutJob = ofAnyKind(
  AnyJobFields.extend({
    name: Name.optional(),
    enabled: z.boolean().optional(),
    ...setByServer,
  }),
  GIVEN_TASKS,
  'PutJob',
);

/** A merge of top-level fields; null clears an optional one. `parseChange` reads it. */
export const UpdateJob = z.strictObject({
  applicationId: ApplicationId.optional(),
  name: Name.optional(),
  description: Description.nullable().optional(),
  enabled: z.boolean().optional(),
  ...clearable(schedule),
  ...RulesChange.shape,
  taskType: TaskType.optional(),
  taskConfig: z.union([GIVEN_TASKS[HTTP_TASK].taskConfig, GIVEN_TASKS[WORKER_TASK].taskConfig]).optional(),
  confidential: z.boolean().nullable().optional(),
  labels: Labels.nullable().optional(),
  retention: RetentionInput.nullable().optional(),
  ...setByServer,
});

export type UpdateJob = z.infer<typeof UpdateJob>;

/**
 * Reads a change, or an input with these fields, by the kind that it is for: `taskType`, or else the kind whose fields its
 * `taskConfig` has. `checkKind` checks that the job has this kind.
 */
export const parseChange = <Shape extends typeof UpdateJob.shape>(schema: z.ZodObject<Shape>, input: unknown) =>
  parseInput(schema.extend({ taskConfig: GIVEN_TASKS[kindOfChange(input)].taskConfig.optional() }), input);

const GivenKind = z.looseObject({ taskType: TaskType.optional().catch(undefined), taskConfig: z.unknown() });

const kindOfChange = (input: unknown): TaskType => {
  const { taskType, taskConfig } = GivenKind.safeParse(input).data ?? {};
  return taskType ?? kindOfConfig(taskConfig);
};

/** The kind whose fields a configuration has. */
export const kindOfConfig = (taskConfig: unknown): TaskType =>
  GIVEN_TASKS[WORKER_TASK].taskConfig.safeParse(taskConfig).success ? WORKER_TASK : HTTP_TASK;

/**
 * Checks that the configuration in a change is for the kind that the job has afterwards.
 * @throws DomainError BAD_INPUT
 */
export const checkKind = ({ taskType, taskConfig }: UpdateJob, before: { readonly taskType: TaskType }): void => {
  const kind = taskType ?? before.taskType;
  if (taskConfig !== undefined) parseInput(z.object({ taskConfig: GIVEN_TASKS[kind].taskConfig }), { taskConfig });
  else if (kind !== before.taskType) {
    throw rejectField('BAD_INPUT', '/taskConfig', `is required to change the taskType to ${kind}`);
  }
};

/** Returns whether a field of a definition is set by callers, not by the server. */
export const isJobField = (field: string): boolean => Object.hasOwn(AnyJobFields.shape, field);

const CLEARED = Object.fromEntries(
  Object.entries(UpdateJob.shape)
    .filter(([field, schema]) => isJobField(field) && schema.safeParse(null).success)
    .map(([field]) => [field, null]),
);

/** The change that gives a job exactly these fields: omitted ones are cleared. */
export const completeChange = (fields: object): Readonly<Record<string, unknown>> => ({ ...CLEARED, ...fields });

/** Removes the fields that a change clears. */
export const withoutNulls = (fields: object): Readonly<Record<string, unknown>> =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null));
