import { isDeepStrictEqual } from 'node:util';
import { namesOf } from '../../domain/application.ts';
import { defined } from '../../domain/defined.ts';
import { DomainError, rejectField } from '../../domain/domain-error.ts';
import type {
  Application,
  EventOf,
  HttpCallResult,
  HttpJobDefinition,
  JobDefinition,
} from '../../domain/events/index.ts';
import type { HttpOutcome, OutcomeError } from '../../domain/execution/outcome.ts';
import { testCallsStream } from '../../domain/streams.ts';
import type { HttpInput } from '../../domain/tasks/http/kind.ts';
import type { HTTP_TASK } from '../../domain/tasks/http/stored.ts';
import { kindOf, type TaskOf } from '../../domain/tasks/kinds.ts';
import { toGivenTask } from '../../domain/tasks/walk.ts';
import { type Instant, toInstant } from '../../domain/values.ts';
import type { Position } from '../../event-store/port.ts';
import type { CommandContext, CommandResult } from '../command.ts';
import type { CommandDeps } from '../command-deps.ts';
import { appendEvents } from '../loop/handle-command.ts';
import type { ShownRequest } from './preview-request.ts';

/** The definition of a test call; may be unsaved. */
export type TestedDefinition = Pick<
  HttpJobDefinition,
  'tenant' | 'applicationId' | 'name' | 'pattern' | 'schedule' | 'timezone' | 'taskType' | 'taskConfig' | 'confidential'
>;

/** Calls the target of a definition once, like an execution. Never rejects. */
export type CallOnce = (call: {
  readonly definition: TestedDefinition;
  readonly application: Application;
  /** Instant for resolving parameters. */
  readonly at: Instant;
  readonly jobId: number | undefined;
  readonly signal: AbortSignal;
}) => Promise<HttpOutcome | 'withheld'>;

/** Outcome of a test call. */
export type SentCall = {
  readonly status: 'succeeded' | 'failed';
  /** When the request was sent; absent if it was not. */
  readonly startedAt?: Instant;
  /** From the request to the end. */
  readonly durationMs?: number;
  readonly result?: HttpCallResult;
  readonly error?: OutcomeError;
};

/** Permissions of a preview's caller; each method throws if the caller lacks one. */
export type PreviewAuthority = {
  /** Permission to send the request. @throws DomainError FORBIDDEN, QuotaUsedUp */
  send(): void;
  /** Permission to send an unsaved request, which requires that of changing a job. @throws DomainError FORBIDDEN */
  sendUnsaved(): void;
  /** Aborted when the caller no longer waits for the response. */
  readonly signal: AbortSignal;
};

/** Records and makes a test call. */
type TestCall = { readonly record: ReturnType<typeof requestTestCall>; readonly call: CallOnce };

type SendInput = {
  readonly fields: Pick<TestedDefinition, 'pattern' | 'schedule' | 'timezone' | 'confidential'> & {
    readonly name?: string | undefined;
    readonly limit?: string | undefined;
  };
  /** Includes the stored body, if that is kept. */
  readonly task: TaskOf<HttpInput, typeof HTTP_TASK>;
  readonly application: Application | undefined;
  /** The saved job of the definition, if any: its stored secrets are kept. */
  readonly saved: JobDefinition | undefined;
  /** The request with masked secrets; `undefined` if the task has no valid URL. */
  readonly request: ShownRequest | undefined;
  readonly at: Instant;
};

export type SendPreview = (
  context: CommandContext,
  input: SendInput,
  authority: PreviewAuthority,
) => Promise<{ readonly sent: SentCall; readonly position: Position | undefined }>;

/** Maximum simultaneous test calls of a tenant in a process. */
const MAX_AT_ONCE = 4;

/**
 * Sends the request of a preview, with the same checks, secrets and path as an execution's. It is recorded as a change
 * before it is sent, and only the caller gets the result.
 * @throws DomainError FORBIDDEN, BAD_INPUT without an application, the rejections of createJob for its task, PAUSED,
 * LIMIT_REACHED, TOO_MANY_TEST_CALLS
 */
export const createSendPreview = (deps: CommandDeps, test: TestCall): SendPreview => {
  const requestInProgress = new Map<string, number>();
  return async (context, { fields, task, application, saved, request, at }, authority) => {
    authority.send();
    if (application === undefined) throw rejectField('BAD_INPUT', '/applicationId', 'is required to send the request');
    const { tenant } = context;
    const { applicationId } = application;
    if (!isSaved({ fields, task }, saved)) authority.sendUnsaved();
    await deps.tasks.check(task, { tenant, known: namesOf(application) });
    const { confidential = false } = fields;
    const sealing = { tenant, applicationId, confidential, previous: saved };
    const taskConfig = await deps.tasks.seal(task, sealing);
    const { taskType } = task;
    const definition = definitionOf({ fields, application, task: { taskType, taskConfig } });
    const jobId = saved?.jobId;
    await rejectHeldUp(deps, { definition: { ...definition, jobId }, application, limit: fields.limit });
    const before = requestInProgress.get(tenant) ?? 0;
    if (before >= MAX_AT_ONCE) {
      throw new DomainError(
        'TOO_MANY_TEST_CALLS',
        `${MAX_AT_ONCE} test calls of the tenant are already running in this process: wait until one has ended`,
      );
    }
    requestInProgress.set(tenant, before + 1);
    try {
      const of = { applicationId, ...defined({ jobId }) };
      const recorded = {
        ...of,
        taskType: definition.taskType,
        line: kindOf(task).line({ method: task.taskConfig.method, url: request?.url ?? '' }),
      };
      const { position } = await test.record(context, recorded);
      const outcome = await test.call({ definition, application, at, jobId, signal: authority.signal });
      return { sent: sentCall(outcome), position };
    } finally {
      const left = (requestInProgress.get(tenant) ?? 1) - 1;
      if (left === 0) requestInProgress.delete(tenant);
      else requestInProgress.set(tenant, left);
    }
  };
};

/** Returns whether a call equals the saved job's when it is triggered. */
const isSaved = ({ fields, task }: Pick<SendInput, 'fields' | 'task'>, saved: JobDefinition | undefined): boolean =>
  saved !== undefined &&
  isDeepStrictEqual(
    [task.taskConfig, fields.timezone, fields.confidential ?? false, fields.limit],
    [toGivenTask(saved), saved.timezone, saved.confidential ?? false, saved.limit],
  );

type DefinitionInput = Pick<SendInput, 'fields'> & {
  readonly application: Application;
  readonly task: Pick<TestedDefinition, 'taskType' | 'taskConfig'>;
};

const definitionOf = ({ fields, application, task }: DefinitionInput): TestedDefinition => {
  const { name = '', pattern, schedule, timezone, confidential } = fields;
  const { tenant, applicationId } = application;
  return {
    ...{ tenant, applicationId, name, timezone, ...task },
    ...defined({ pattern, schedule }),
    ...(confidential === true ? { confidential } : {}),
  };
};

type HoldInput = {
  readonly definition: TestedDefinition & { readonly jobId: number | undefined };
  readonly application: Application;
  readonly limit: string | undefined;
};

/** @throws DomainError PAUSED, LIMIT_REACHED */
const rejectHeldUp = async (
  { jobClosures, readModels }: CommandDeps,
  { definition, application, limit }: HoldInput,
): Promise<void> => {
  if ((await jobClosures.pausedBy(definition)) !== undefined) {
    throw new DomainError('PAUSED', 'the job, its application or its target is paused: see GET /pauses for the reason');
  }
  if (limit !== undefined && !(await readModels.hasRoom(application, limit))) {
    throw new DomainError('LIMIT_REACHED', `the limit ${limit} allows no further call now: retry later`);
  }
};

const sentCall = (outcome: HttpOutcome | 'withheld'): SentCall => {
  if (outcome === 'withheld' || outcome.kind === 'accepted' || outcome.kind === 'cancelled') {
    throw new Error('a test call is neither withheld, nor accepted, nor cancelled');
  }
  const { kind, startedAtMs, finishedAtMs, result } = outcome;
  return {
    status: kind,
    ...(startedAtMs === undefined
      ? {}
      : { startedAt: toInstant(startedAtMs), durationMs: Math.max(0, finishedAtMs - startedAtMs) }),
    ...defined({ result }),
    ...(outcome.kind === 'failed' ? { error: outcome.error } : {}),
  };
};

/** Records that a definition is about to be called as a test. */
export const requestTestCall =
  (deps: CommandDeps) =>
  async (
    context: CommandContext,
    call: Omit<EventOf<'TestCallRequested'>['data'], 'tenant'>,
  ): Promise<CommandResult<undefined>> => {
    const { tenant } = context;
    const events = [{ type: 'TestCallRequested' as const, data: { tenant, ...call } }];
    const { revision, position } = await appendEvents(deps, { stream: testCallsStream(tenant), context, events });
    return { value: undefined, revision, position };
  };
