import { z } from 'zod';
import { rejectField } from '../../domain/domain-error.ts';
import { durationInput } from '../../domain/duration-input.ts';
import { CLIENT_AUTHS, HTTP_METHODS, type TimedSchedule } from '../../domain/events/index.ts';
import {
  ApplicationId,
  InstantInput,
  invisibleProblem,
  isPlainText,
  isStorableText,
  Json,
} from '../../domain/values.ts';
import { requireVisible } from '../parse.ts';
import { CONTROL, headerName, headerValue, urlText } from './request-fields.ts';
import { RetentionInput } from './retention-input.ts';
import { RulesChange, RulesInput } from './rules-input.ts';

/** The fields of a job that callers may send. Any other field is rejected by its name. */

const LABEL_KEY = /^[A-Za-z0-9](?:[A-Za-z0-9._/-]{0,61}[A-Za-z0-9])?$/;

const MAX_LABELS = 16;

export const Name = z
  .string()
  .transform((name) => name.normalize('NFC').trim())
  .pipe(
    z
      .string()
      .min(1, 'must not be empty')
      .max(200)
      .refine(isPlainText, 'must not contain control characters or unpaired surrogates'),
  );
/** A name is a part of an address, such as `crm/nightly-sync`; one that is all digits would be an id. */
const ADDRESSABLE = /^(?!\.{1,2}$)(?=.*\D)[^/\\?#%]+$/u;
const nameProblem = (name: string): string | undefined =>
  ADDRESSABLE.test(name) ? invisibleProblem(name) : NOT_ADDRESSABLE;
const NOT_ADDRESSABLE = 'must not contain / \\ ? # or %, and must not be "." or ".." or digits only';
/** The name of what is made now: releases before took any. */
export const NewName = Name.superRefine((name, { addIssue }) => {
  const message = nameProblem(name);
  if (message !== undefined) addIssue({ code: 'custom', message });
});
export const DisplayName = Name.superRefine(requireVisible);

/**
 * Rejects a new name that could not be a part of an address. A name from before may stay.
 * @throws Rejection BAD_INPUT
 */
export const checkRenamed = (name: string, before: string): void => {
  const problem = name === before ? undefined : nameProblem(name);
  if (problem !== undefined) throw rejectField('BAD_INPUT', '/name', problem);
};

/** Warnings to a change of something that has such a name from before. */
export const nameWarnings = (name: string): readonly string[] => {
  const problem = nameProblem(name);
  return problem === undefined ? [] : [`the name "${name}" ${problem}, to be used in an address: rename it`];
};

export const Description = z.string().max(2_000).refine(isStorableText, 'must not contain NUL or unpaired surrogates');

/** Sent in place of a secret to keep the stored one. */
const Kept = z.strictObject({ sealed: z.literal(true) });
const secretText = z
  .string()
  .min(1)
  .max(8_192)
  .refine((text) => !CONTROL.test(text), 'must not contain control characters');
const Secret = z.union([secretText, Kept]);

/** A field of a request for an access token. */
const grantText = z
  .string()
  .min(1)
  .max(1_024)
  .refine((text) => !CONTROL.test(text) && text.isWellFormed(), 'must not contain control characters');

const AuthInput = z.discriminatedUnion('authMethod', [
  z.strictObject({ authMethod: z.literal('bearer'), token: Secret }),
  z.strictObject({
    authMethod: z.literal('basic'),
    username: z
      .string()
      .max(1_024)
      .refine((name) => !name.includes(':') && !CONTROL.test(name), 'must not contain a colon or control characters'),
    password: Secret,
  }),
  z.strictObject({
    authMethod: z.literal('oauth2'),
    tokenUrl: urlText,
    clientId: grantText,
    clientSecret: Secret,
    scope: grantText.optional(),
    audience: grantText.optional(),
    clientAuth: z.enum(CLIENT_AUTHS).optional(),
  }),
]);

const holdsSealMark = (value: unknown): boolean =>
  typeof value === 'object' &&
  value !== null &&
  (Object.hasOwn(value, '$sealed') || Object.values(value).some(holdsSealMark));

/** Also where a field is wrong: what a request has wrong is said at once. */
const isFields = ({ value }: z.core.ParsePayload): boolean => typeof value === 'object' && value !== null;

export const TaskInput = z
  .strictObject({
    endpoint: urlText.optional(),
    path: urlText.or(z.literal('')).optional(),
    url: urlText.optional(),
    method: z.enum(HTTP_METHODS),
    // Kept as parsed: a schema that walked through it would drop the key __proto__.
    body: Json.refine(
      (body) => !holdsSealMark(body),
      'must not contain the name $sealed, which marks what the server sealed',
    ).optional(),
    headers: z.record(headerName, z.union([headerValue, Kept])).optional(),
    auth: AuthInput.optional(),
    timeout: durationInput({ least: '1ms', most: '30m' }).optional(),
    successStatus: z.array(z.int().min(200).max(599)).max(100).optional(),
  })
  .refine(({ endpoint, path, url }) => url === undefined || (endpoint === undefined && path === undefined), {
    ...{ path: ['url'], error: 'goes instead of endpoint and path, not beside them' },
    when: isFields,
  })
  .refine(({ endpoint, url }) => url !== undefined || endpoint !== undefined, {
    ...{ path: ['endpoint'], error: 'is required, with path; or give url instead' },
    when: isFields,
  })
  .refine(({ endpoint, path, url }) => url !== undefined || endpoint === undefined || path !== undefined, {
    ...{ path: ['path'], error: 'is required beside endpoint' },
    when: isFields,
  })
  .meta({ id: 'TaskInput' });
export type TaskInput = z.infer<typeof TaskInput>;

const LabelKey = z
  .string()
  .regex(
    LABEL_KEY,
    'must be 1 to 63 letters, digits, ".", "_", "/" or "-", beginning and ending with a letter or digit',
  );
const LabelValue = z
  .string()
  .max(255)
  .refine(isStorableText, 'must not contain NUL or unpaired surrogates')
  .superRefine(requireVisible);
const isFew = (labels: object): boolean => Object.keys(labels).length <= MAX_LABELS;
const TOO_MANY_LABELS = `at most ${MAX_LABELS} labels`;

export const Labels = z.record(LabelKey, LabelValue).refine(isFew, TOO_MANY_LABELS);

/** Labels that a job gets beside those that it has; one that is null is taken away. */
export const LabelChange = z.record(LabelKey, LabelValue.nullable()).refine(isFew, TOO_MANY_LABELS);
export type LabelChange = z.infer<typeof LabelChange>;

/** @throws Rejection BAD_INPUT where these are more labels than a job may have */
export const checkLabels = (labels: object): void => {
  if (!isFew(labels)) throw rejectField('BAD_INPUT', '/labels', `a job has ${TOO_MANY_LABELS}`);
};

/** One instant, or an interval. What the interval may be is checked with the rest of the schedule. */
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

export const CreateJob = z.strictObject({
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
  taskType: z.literal('HttpInvokerTask'),
  taskConfig: TaskInput,
  confidential: z.boolean().optional(),
  labels: Labels.optional(),
  retention: RetentionInput.optional(),
});
export type CreateJob = z.infer<typeof CreateJob>;

/** A job without its application, as a bootstrap file defines it. */
export const JobFields = CreateJob.omit({ applicationId: true });
export type JobFields = z.infer<typeof JobFields>;

/** Set by the server and ignored in a change, so that a caller can PUT what it got by GET. */
const serverSet = {
  id: z.unknown(),
  application: z.unknown(),
  nextRunAt: z.unknown(),
  lastExecution: z.unknown(),
  completed: z.unknown(),
  state: z.unknown(),
  createdAt: z.unknown(),
  createdBy: z.unknown(),
  updatedAt: z.unknown(),
  updatedBy: z.unknown(),
};

/**
 * A job as it is to be under the name by which it is addressed. Without `enabled`, a new one is enabled, and one that is
 * there stays as it is.
 */
export const PutJob = JobFields.extend({
  name: Name.optional(),
  enabled: z.boolean().optional(),
  ...z.strictObject(serverSet).partial().shape,
});

/** A merge of top-level fields; null clears an optional one. */
export const UpdateJob = z.strictObject({
  applicationId: ApplicationId.optional(),
  name: Name.optional(),
  description: Description.nullable().optional(),
  enabled: z.boolean().optional(),
  pattern: schedule.pattern.nullable().optional(),
  schedule: schedule.schedule.nullable().optional(),
  timezone: schedule.timezone.nullable().optional(),
  startAt: schedule.startAt.nullable().optional(),
  endAt: schedule.endAt.nullable().optional(),
  ...RulesChange.shape,
  taskType: z.literal('HttpInvokerTask').optional(),
  taskConfig: TaskInput.optional(),
  confidential: z.boolean().nullable().optional(),
  labels: Labels.nullable().optional(),
  retention: RetentionInput.nullable().optional(),
  ...z.strictObject(serverSet).partial().shape,
});
export type UpdateJob = z.infer<typeof UpdateJob>;

/** Whether a field of a definition is the caller's, and not set by the server. */
export const isJobField = (field: string): boolean => Object.hasOwn(JobFields.shape, field);

/** A change that clears the fields that can be cleared. */
const CLEARED = Object.fromEntries(
  Object.entries(UpdateJob.shape)
    .filter(([field, schema]) => isJobField(field) && schema.safeParse(null).success)
    .map(([field]) => [field, null]),
);

/** A change that leaves a job exactly as these fields say: those that they leave out are cleared. */
export const completeChange = (fields: object): Readonly<Record<string, unknown>> => ({ ...CLEARED, ...fields });

/** Fields of a change without those that it clears. */
export const withoutNulls = (fields: object): Readonly<Record<string, unknown>> =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null));
