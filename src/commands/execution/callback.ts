import { z } from 'zod';
import { NO_CLOSURES } from '../../domain/closure/closure.ts';
import { defined } from '../../domain/defined.ts';
import { DomainError } from '../../domain/domain-error.ts';
import { durationMs } from '../../domain/duration.ts';
import { durationInput } from '../../domain/duration-input.ts';
import {
  CARILLON,
  type CallResult,
  type EventOf,
  type JobDefinition,
  type OpenExecution,
} from '../../domain/events/index.ts';
import { hashOfToken, takeHeartbeat } from '../../domain/execution/callback.ts';
import type { Delay } from '../../domain/execution/lateness.ts';
import { type Outcome, type OutcomeError, recordOutcome } from '../../domain/execution/outcome.ts';
import { evolveRuns, type Runs } from '../../domain/execution/tail.ts';
import { rulesOf } from '../../domain/job/rules.ts';
import { runsStream } from '../../domain/streams.ts';
import { HTTP_TASK } from '../../domain/tasks/http/stored.ts';
import { WORKER_TASK } from '../../domain/tasks/worker/stored.ts';
import { Json, type JsonValue, neverSealed, storableText, type Tenant, toMs } from '../../domain/values.ts';
import type { RecordedEvent } from '../../event-store/port.ts';
import type { CommandContext, CommandResult } from '../command.ts';
import type { CommandDeps } from '../command-deps.ts';
import { closuresOfUnsettled, type JobLog, slotsOf } from '../loop/activate-definition.ts';
import { handleCommand, type LoadedState } from '../loop/handle-command.ts';
import { type LoadedJob, loadApplication, loadJob, loadRuns } from '../loop/load.ts';
import { parseInput } from '../parse.ts';

export const MAX_RESULT_BYTES = 65_536;
export const MAX_PROGRESS_BYTES = 4_096;

export const sized = (bytes: number) =>
  Json.refine((value) => JSON.stringify(value).length <= bytes, `must be at most ${bytes} characters of JSON`);

/** A target's report of the end of its work. */
export const CompletionInput = z
  .strictObject({
    status: z.enum(['succeeded', 'failed', 'cancelled']),
    result: sized(MAX_RESULT_BYTES).optional(),
    /** What went wrong, in plain language. */
    error: storableText(2_000).min(1).optional(),
    /** False for no retry, or its delay; by default the `backoff` of the job's `retry`. */
    retry: z
      .union([z.literal(false), durationInput({ least: 0, most: '30d' })], 'must be false, or a duration such as "5m"')
      .optional(),
  })
  .check(({ value, issues }) => {
    const reject = (field: 'error' | 'retry', message: string): void => {
      if (value[field] !== undefined) issues.push({ code: 'custom', path: [field], message, input: value });
    };
    if (value.status === 'succeeded') reject('error', 'is not allowed with the status "succeeded"');
    if (value.status !== 'failed') reject('retry', 'is allowed only with the status "failed"');
  })
  .meta({ id: 'Completion' });

/** A target's heartbeat. */
export const HeartbeatInput = z
  .strictObject({ progress: sized(MAX_PROGRESS_BYTES).optional() })
  .optional()
  .meta({ id: 'Heartbeat' });

/** The target of an execution, with the token of one attempt. */
export type TokenHolder = {
  readonly jobId: number;
  readonly executionId: number;
  readonly token: string;
  readonly correlationId: string;
  readonly traceparent?: string;
  /** Called with the execution's tenant after the token was verified. Can throw to reject the report. */
  readonly admit: (tenant: Tenant) => void;
};

type JobOfHolder = {
  readonly definition: JobDefinition;
  readonly open: OpenExecution;
  readonly context: CommandContext;
  /** The job and its runs as they were read; a command that decides by them saves reading them again. */
  readonly loaded: readonly [LoadedJob, LoadedState<Runs>];
};

const loadBoth = ({ store }: Pick<CommandDeps, 'store'>, jobId: number): Promise<JobOfHolder['loaded']> =>
  Promise.all([loadJob(store, jobId), loadRuns(store, jobId)]);

/**
 * Returns the job of an execution whose target reports, and the context of the report. Does nothing for a caller with an
 * invalid token.
 * @throws DomainError COMPLETION_TOKEN_REJECTED, and what `admit` throws
 */
const jobOfHolder = async (deps: CommandDeps, holder: TokenHolder): Promise<JobOfHolder> => {
  const { jobId, correlationId, traceparent } = holder;
  const loaded = await loadBoth(deps, jobId);
  const [{ state: job }, { state: runs }] = loaded;
  if (job.status === 'absent') throw tokenRejected();
  const { definition } = job;
  const open = openOfToken(runs, holder);
  holder.admit(definition.tenant);
  return {
    definition,
    open,
    loaded,
    context: {
      tenant: definition.tenant,
      actor: { type: 'system', name: 'target' },
      correlationId,
      ...defined({ traceparent }),
    },
  };
};

/**
 * Returns the open execution of a token.
 * @throws DomainError COMPLETION_TOKEN_REJECTED if there is none: the execution has ended, or another attempt is in progress
 */
export const openOfToken = (
  { open }: Runs,
  { executionId, token }: Pick<TokenHolder, 'executionId' | 'token'>,
): OpenExecution => {
  const tokenHash = hashOfToken(token);
  const execution = open.find((each) => each.executionId === executionId && each.tokenHash === tokenHash);
  if (execution === undefined) throw tokenRejected();
  return execution;
};

/** The same error for an unknown execution, so that strangers learn no ids. */
export const tokenRejected = (): DomainError =>
  new DomainError('COMPLETION_TOKEN_REJECTED', 'the token belongs to no running attempt of this execution');

/** Ends an execution with the result that its target reports. */
export const completeExecution =
  (deps: CommandDeps) =>
  async (
    holder: TokenHolder,
    input: unknown,
    lastProgress: () => Promise<JsonValue | undefined> = async () => undefined,
  ): Promise<CommandResult<undefined>> => {
    const completion = parseInput(CompletionInput, input);
    const [{ definition, open: known, context, loaded }, progress] = await Promise.all([
      jobOfHolder(deps, holder),
      lastProgress(),
    ]);
    const result = await resultOf(deps, { definition, isWork: known.offers === true }, completion);
    const told = definition.confidential ? { ...completion, error: completion.error && MESSAGE_SEALED } : completion;
    const { revision, position } = await recordEnd(deps, context, {
      ...{ definition, loaded, executionId: holder.executionId, progress },
      find: (runs) => openOfToken(runs, holder),
      outcomeOf: (open, claim) => {
        const startedAtMs = claim?.recordedAt ?? toMs(open.acceptedAt ?? open.createdAt);
        const times = { startedAtMs, finishedAtMs: Math.max(startedAtMs, deps.world.clock.now()) };
        const delay = claim?.data.late && { untilMs: startedAtMs, reason: claim.data.late };
        return { outcome: { ...times, ...endOf(told, { open, result }) }, delay };
      },
    });
    return { value: undefined, revision, position };
  };

type Claim = RecordedEvent<EventOf<'ExecutionStarted'>>;
type Ending = {
  readonly definition: JobDefinition;
  readonly loaded: JobOfHolder['loaded'];
  readonly executionId: number;
  /** The last progress of the attempt, if the log does not have it. */
  readonly progress?: JsonValue | undefined;
  /** The open attempt; nothing is recorded if there is none. */
  readonly find: (runs: Runs) => OpenExecution | undefined;
  readonly outcomeOf: (
    open: OpenExecution,
    claim: Claim | undefined,
  ) => { readonly outcome: Outcome; readonly delay: Delay | undefined };
};

/** Records the end of an attempt that no engine runs. */
const recordEnd = (
  deps: JobLog,
  context: CommandContext,
  { definition, loaded, executionId: ended, progress, find, outcomeOf }: Ending,
) => {
  const { applicationId, jobId } = definition;
  let atHand: JobOfHolder['loaded'] | undefined = loaded;
  return handleCommand(deps, {
    stream: runsStream(jobId),
    context,
    load: async () => {
      const both = atHand ?? loadBoth(deps, jobId);
      // If another append came first, they are read again.
      atHand = undefined;
      const [[{ state: job, definitionRevision }, { state: runs, revision }], { state: application }] =
        await Promise.all([both, loadApplication(deps.store, applicationId)]);
      const [closures, claim] = await Promise.all([
        closuresOfUnsettled(deps, runs, job),
        claimOf(deps.store, { runs, jobId, executionId: ended }),
      ]);
      // Slots before a newer definition are settled when that is activated, and an engine settles those of a job whose
      // closures can't be read here.
      const slots = definitionRevision === runs.jobRevision && closures !== undefined ? slotsOf(job) : undefined;
      return { state: { runs, job, claim, slots, closures, application }, revision };
    },
    decide: ({ runs, job, claim, slots, closures = NO_CLOSURES, application = {} }) => {
      const open = find(runs);
      if (open === undefined) return [];
      const { executionId, attempt, engineId = '' } = open;
      const rules = rulesOf(definition);
      const nowMs = deps.world.clock.now();
      const told =
        progress === undefined ? [] : takeHeartbeat(runs, { job: definition, rules, execution: open, progress, nowMs });
      const ended = recordOutcome(told.reduce(evolveRuns, runs), {
        job: definition,
        execution: { executionId, attempt, engineId },
        ...outcomeOf(open, claim),
        rules,
        defaultHooks: application,
        status: job.status === 'absent' ? 'deleted' : job.status,
        randomFraction: deps.world.random.fraction(),
        slots,
        closures,
      });
      return [...told, ...ended];
    },
  });
};

type UnopenedOffer = { readonly jobId: number; readonly executionId: number; readonly attempt: number };

/** Ends offered work that no worker can get, because its secrets can't be opened. */
export const failOffer = async (
  deps: JobLog,
  { jobId, executionId, attempt }: UnopenedOffer,
  { code, message }: OutcomeError,
): Promise<void> => {
  const loaded = await loadBoth(deps, jobId);
  const [{ state: job }] = loaded;
  if (job.status === 'absent') return;
  const { definition } = job;
  await recordEnd(
    deps,
    { tenant: definition.tenant, actor: CARILLON, correlationId: `execution-${executionId}` },
    {
      ...{ definition, loaded, executionId },
      find: ({ open }) =>
        open.find((each) => each.executionId === executionId && each.attempt === attempt && each.state === 'offered'),
      outcomeOf: () => ({
        outcome: { kind: 'failed', finishedAtMs: deps.world.clock.now(), error: { code, message } },
        delay: undefined,
      }),
    },
  );
};

/** The claim is among the last events of its stream, because few other executions follow. */
const LOOKED_BACK = 200;

type ClaimSearch = { readonly runs: Runs; readonly jobId: number; readonly executionId: number };

/**
 * The claim of an execution whose target reports before its 202 is recorded: only the claim has the start of the call and
 * its lateness. `undefined` once the 202 is recorded.
 */
const claimOf = async (
  store: CommandDeps['store'],
  { runs, jobId, executionId }: ClaimSearch,
): Promise<Claim | undefined> => {
  const open = runs.open.find((each) => each.executionId === executionId);
  if (open === undefined || open.acceptedAt !== undefined) return undefined;
  for await (const event of store.readStream(runsStream(jobId), { direction: 'backwards', limit: LOOKED_BACK })) {
    if (event.type === 'ExecutionStarted' && event.data.executionId === executionId) return event;
  }
  return undefined;
};

type Completion = z.infer<typeof CompletionInput>;
type End =
  | Pick<Extract<Outcome, { kind: 'succeeded' }>, 'kind' | 'result'>
  | Omit<Extract<Outcome, { kind: 'failed' }>, 'finishedAtMs'>
  | Omit<Extract<Outcome, { kind: 'cancelled' }>, 'finishedAtMs'>;

/** In place of what a target of a confidential job reported as its error. */
const MESSAGE_SEALED = 'the target reported an error; its message is sealed, because the job is confidential';

type Ended = { readonly open: OpenExecution; readonly result: CallResult };

const endOf = ({ status, error, retry }: Completion, { open, result }: Ended): End => {
  switch (status) {
    case 'succeeded':
      return { kind: 'succeeded', result };
    case 'failed': {
      const message = error ?? 'the target reported a failure';
      const reportedRetry = retry === undefined || retry === false ? retry : durationMs(retry);
      const ofRetry = defined({ reportedRetry });
      return { kind: 'failed', error: { code: 'REPORTED_FAILED', message }, result, ...ofRetry };
    }
    case 'cancelled': {
      const code = open.cancelRequested?.reason ?? 'CANCELLED';
      return { kind: 'cancelled', error: { code, message: error ?? 'the target reported that it cancelled its work' } };
    }
  }
};

/** What a target or worker reported, as it is recorded: sealed for a confidential job; undefined without a data key. */
export const recordableOf = async (
  secrets: Pick<CommandDeps['secrets'], 'sealResult'>,
  { tenant, applicationId, confidential }: Pick<JobDefinition, 'tenant' | 'applicationId' | 'confidential'>,
  reported: JsonValue,
): Promise<JsonValue | undefined> =>
  confidential ? secrets.sealResult({ tenant, applicationId }, JSON.stringify(reported)) : neverSealed(reported);

/** The status of a response whose result follows later. */
const ACCEPTED = 202;

const resultOf = async (
  { secrets }: CommandDeps,
  { definition, isWork }: { readonly definition: JobDefinition; readonly isWork: boolean },
  { result = null, error }: Completion,
): Promise<CallResult> => {
  const reported = definition.confidential && error !== undefined ? { result, error } : result;
  const data = (await recordableOf(secrets, definition, reported)) ?? null;
  return isWork
    ? { taskType: WORKER_TASK, data }
    : { taskType: HTTP_TASK, status: ACCEPTED, headers: {}, data, truncated: false };
};

/** Records a target's heartbeat and progress, unless one was recorded just before. */
export const heartbeatExecution =
  (deps: CommandDeps) =>
  async (holder: TokenHolder, input: unknown): Promise<CommandResult<undefined>> => {
    const given = parseInput(HeartbeatInput, input)?.progress;
    const { definition, context } = await jobOfHolder(deps, holder);
    const { jobId } = definition;
    const progress = given === undefined ? undefined : await recordableOf(deps.secrets, definition, given);
    const { revision, position } = await handleCommand(deps, {
      stream: runsStream(jobId),
      context,
      load: () => loadRuns(deps.store, jobId),
      decide: (runs) => {
        const execution = openOfToken(runs, holder);
        const nowMs = deps.world.clock.now();
        return takeHeartbeat(runs, { job: definition, rules: rulesOf(definition), execution, progress, nowMs });
      },
    });
    return { value: undefined, revision, position };
  };
