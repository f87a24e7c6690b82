import { z } from 'zod';
import { defined } from '../../domain/defined.ts';
import { durationInput } from '../../domain/duration-input.ts';
import {
  type BulkWork,
  EXECUTION_ACTIONS,
  EXECUTION_STATUSES,
  JOB_ACTIONS,
  JOB_STATES,
  type Operation,
  Trigger,
} from '../../domain/events/index.ts';
import { TargetName } from '../../domain/targets/index.ts';
import { ApplicationId, BackfillId, ExecutionId, InstantInput, JobId } from '../../domain/values.ts';
import { hasWords, NO_WORD } from '../../domain/words.ts';
import type { CommandContext } from '../command.ts';
import { LabelChange } from '../job/job-input.ts';
import { ReasonInput } from '../parse.ts';

const MAX_LABELS = 50;
const Text = z.string().min(1).max(200);

const common = {
  reason: ReasonInput.optional(),
  dryRun: z.boolean().default(false),
};

const standsAlone = (filter: object): boolean => !('all' in filter) || Object.keys(filter).length === 1;
const ALONE = 'all cannot be combined with other conditions: omit either';

const MAX_IDS = 1_000;

const Labels = z
  .record(z.string().min(1).max(200), z.string().max(200))
  .refine((labels) => Object.keys(labels).length <= MAX_LABELS, `at most ${MAX_LABELS} labels`);

/** One value or a list. */
const someOf = <const Names extends readonly [string, ...string[]]>(names: Names) =>
  z.union([z.enum(names), z.array(z.enum(names)).min(1)]).transform((some) => [some].flat());

const JobFilter = z
  .strictObject({
    all: z.literal(true).exactOptional(),
    jobIds: z.array(JobId).min(1).max(MAX_IDS).exactOptional(),
    applicationId: ApplicationId.exactOptional(),
    application: Text.exactOptional(),
    enabled: z.boolean().exactOptional(),
    name: Text.exactOptional(),
    target: TargetName.exactOptional(),
    state: someOf(JOB_STATES).exactOptional(),
    labels: Labels.exactOptional(),
    taskType: Text.exactOptional(),
    createdBy: Text.exactOptional(),
    lastStatus: z.enum(EXECUTION_STATUSES).exactOptional(),
    correlationId: Text.exactOptional(),
  })
  .refine(standsAlone, ALONE);

const ExecutionFilter = z
  .strictObject({
    all: z.literal(true).exactOptional(),
    executionIds: z.array(ExecutionId).min(1).max(MAX_IDS).exactOptional(),
    jobId: JobId.exactOptional(),
    backfillId: BackfillId.exactOptional(),
    jobName: Text.exactOptional(),
    applicationId: ApplicationId.exactOptional(),
    application: Text.exactOptional(),
    status: someOf(EXECUTION_STATUSES).exactOptional(),
    errorCode: Text.exactOptional(),
    errorText: Text.refine(hasWords, NO_WORD).exactOptional(),
    labels: Labels.exactOptional(),
    trigger: Trigger.exactOptional(),
    from: InstantInput.exactOptional(),
    to: InstantInput.exactOptional(),
  })
  .refine(standsAlone, ALONE);

/** A missing filter is an empty one, which is rejected. */
export const BulkJobs = z
  .strictObject({
    action: z.enum(JOB_ACTIONS),
    filter: JobFilter.default({}),
    labels: LabelChange.exactOptional(),
    spread: durationInput({ least: '1s', most: '24h' }).exactOptional(),
    ...common,
  })
  .superRefine(({ action, labels, spread }, { addIssue }) => {
    const reject = (field: string, message: string): void => addIssue({ code: 'custom', path: [field], message });
    if (action === 'label' && labels === undefined) reject('labels', 'is required: give the labels to set');
    if (action !== 'label' && labels !== undefined) reject('labels', 'is allowed only with the action "label"');
    if (action !== 'trigger' && spread !== undefined) reject('spread', 'is allowed only with the action "trigger"');
  });
export const BulkExecutions = z.strictObject({
  action: z.enum(EXECUTION_ACTIONS),
  filter: ExecutionFilter.default({}),
  ...common,
});

/** The request for an operation, and its reason. */
export type OperationInput = {
  readonly work: BulkWork;
  readonly reason?: string | undefined;
  /** The applications whose items are processed; `undefined` for all. */
  readonly applications?: readonly number[] | undefined;
};

/** Changes by an operation are recorded with the actor and reason of its request. */
export const contextOfOperation = ({ tenant, createdBy, correlationId, reason }: Operation): CommandContext => ({
  tenant,
  actor: createdBy,
  correlationId,
  ...defined({ reason }),
});
