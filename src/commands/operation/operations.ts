import { z } from 'zod';
import { decideEndPause, decideKeepPause, decidePauseJobs } from '../../domain/closure/pauses.ts';
import { defined } from '../../domain/defined.ts';
import { durationInput } from '../../domain/duration-input.ts';
import {
  type BulkWork,
  CARILLON,
  EXECUTION_ACTIONS,
  EXECUTION_STATUSES,
  ExecutionSelection,
  isOperationEvent,
  JOB_ACTIONS,
  JOB_STATES,
  JobSelection,
  type Operation,
  type Pause,
  type TenantErasure,
} from '../../domain/events/index.ts';
import {
  decideCancelOperation,
  decideRequestOperation,
  operationNotFound,
  requireFilter,
} from '../../domain/operation.ts';
import { pauseStream } from '../../domain/streams.ts';
import { TargetName } from '../../domain/targets/target-url.ts';
import { ExecutionId, InstantInput, JobId } from '../../domain/values.ts';
import { hasWords, NO_WORD } from '../../domain/words.ts';
import { type CommandContext, type CommandResult, ownAppend, withoutOwn, withReason } from '../command.ts';
import type { CommandDeps } from '../command-deps.ts';
import { LabelChange } from '../job/job-input.ts';
import { awaitEngines } from '../loop/await-engines.ts';
import { changeDocument, createDocument, OPERATIONS, PAUSES } from '../loop/documents.ts';
import type { EventLog } from '../loop/handle-command.ts';
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
    ...JobSelection.shape,
    jobIds: z.array(JobId).min(1).max(MAX_IDS).exactOptional(),
    application: Text.exactOptional(),
    name: Text.exactOptional(),
    target: TargetName.exactOptional(),
    state: someOf(JOB_STATES).exactOptional(),
    labels: Labels.exactOptional(),
    taskType: Text.exactOptional(),
    createdBy: Text.exactOptional(),
    correlationId: Text.exactOptional(),
  })
  .refine(standsAlone, ALONE);

const ExecutionFilter = z
  .strictObject({
    ...ExecutionSelection.shape,
    executionIds: z.array(ExecutionId).min(1).max(MAX_IDS).exactOptional(),
    jobName: Text.exactOptional(),
    application: Text.exactOptional(),
    status: someOf(EXECUTION_STATUSES).exactOptional(),
    errorCode: Text.exactOptional(),
    errorText: Text.refine(hasWords, NO_WORD).exactOptional(),
    labels: Labels.exactOptional(),
    worker: Text.exactOptional(),
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

/** Changes by an operation or an erasure are recorded with the actor and reason of its request. */
export const contextOfRequest = ({
  tenant,
  createdBy,
  correlationId,
  reason,
}: Operation | TenantErasure): CommandContext => ({
  tenant,
  actor: createdBy,
  correlationId,
  ...defined({ reason }),
});

/** Maximum UTF-16 code units of ranges that fit into one event: some 200,000 scattered ids. */
const MAX_RANGES = 800_000;

const ONE_BY_ONE =
  'the matching jobs could not be paused in one step, because there are too many or the query failed: they are paused one by one, and some may run until then';

type PausedJobs = { readonly pauseId?: number; readonly warnings: readonly string[] };
const NOTHING_PAUSED: PausedJobs = { warnings: [] };

const pauseJobs = async (
  deps: CommandDeps,
  context: CommandContext,
  { operationId, work, applications }: OperationInput & { readonly operationId: number },
): Promise<PausedJobs> => {
  if (work.of !== 'jobs' || (work.action !== 'disable' && work.action !== 'delete')) return NOTHING_PAUSED;
  const { tenant } = context;
  const jobs = await deps.readModels.findJobs({ tenant, ...(applications && { applications }) }, work.filter);
  if (jobs?.length === 0) return NOTHING_PAUSED;
  if (jobs === undefined || JSON.stringify(jobs).length > MAX_RANGES) return { warnings: [ONE_BY_ONE] };
  const pauseId = await deps.pauseIds.take();
  await createDocument(deps, PAUSES, {
    key: [pauseId],
    context: withoutOwn(context),
    decide: (nowMs) => decidePauseJobs({ pauseId, operationId, context, jobs }, nowMs),
  });
  return { pauseId, warnings: [] };
};

/** Makes an operation's pause last as long as the operation. @returns the pause */
export const keepPauseOf = async (
  log: EventLog,
  { pauseId, tenant, correlationId }: Operation,
): Promise<Pause | undefined> => {
  if (pauseId === undefined) return undefined;
  const { value } = await changeDocument(log, PAUSES, {
    key: [pauseId],
    context: { tenant, actor: CARILLON, correlationId },
    decide: decideKeepPause,
  });
  return value;
};

/** Ends the pause of an operation that is about to end. */
export const endPauseOf = async (log: EventLog, { pauseId, tenant, correlationId }: Operation): Promise<void> => {
  if (pauseId === undefined) return;
  await changeDocument(log, PAUSES, {
    key: [pauseId],
    context: { tenant, actor: CARILLON, correlationId },
    decide: decideEndPause,
  });
};

/**
 * Requests a change of many jobs or executions; the caller has checked the permission. If it disables or deletes jobs, no
 * engine calls any of them after this returns.
 * @throws DomainError EMPTY_FILTER
 */
export const requestOperation =
  (deps: CommandDeps) =>
  async (given: CommandContext, { reason, ...input }: OperationInput): Promise<CommandResult<Operation>> => {
    const context = withReason(given, reason);
    requireFilter(input.work);
    const made = ownAppend(context, isOperationEvent)?.made;
    const operationId = made?.events[0]?.data.operationId ?? (await deps.operationIds.take());
    const { pauseId, warnings } =
      made === undefined ? await pauseJobs(deps, context, { operationId, ...input }) : NOTHING_PAUSED;
    const request = { operationId, ...defined({ pauseId }), context, reason: context.reason, ...input };
    const done = await createDocument(deps, OPERATIONS, {
      key: [operationId],
      context,
      decide: (nowMs) => decideRequestOperation(request, nowMs),
    });
    const { pauseId: paused } = done.value;
    if (paused === undefined) return { ...done, warnings };
    const stream = pauseStream(paused);
    return { ...done, warnings, pendingEngines: await awaitEngines(deps, { stream, position: undefined }) };
  };

/** @returns the operation, which has ended if it had not begun. @throws DomainError OPERATION_NOT_FOUND, OPERATION_ENDED */
export const cancelOperation =
  (deps: CommandDeps) =>
  async (context: CommandContext, operationId: number): Promise<CommandResult<Operation>> => {
    const { value, revision, position } = await changeDocument(deps, OPERATIONS, {
      key: [operationId],
      context,
      decide: (operation, nowMs) => decideCancelOperation({ operationId, ...context }, operation, nowMs),
      prepare: async (events) => {
        for (const { type, data } of events) if (type === 'OperationEnded') await endPauseOf(deps, data);
      },
    });
    if (value === undefined) throw operationNotFound(operationId);
    return { value, revision, position };
  };
