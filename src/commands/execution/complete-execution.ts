import type { z } from 'zod';
import type { CallResult, EventOf, JobDefinition } from '../../domain/events/index.ts';
import { type Outcome, recordOutcome } from '../../domain/execution/outcome.ts';
import type { Runs } from '../../domain/execution/tail.ts';
import { rulesOf } from '../../domain/job/rules.ts';
import { runsStream } from '../../domain/streams.ts';
import { toMs } from '../../domain/values.ts';
import type { RecordedEvent } from '../../event-store/port.ts';
import type { CommandResult } from '../command.ts';
import type { CommandDeps } from '../command-deps.ts';
import { closuresOfUnsettled, slotsOf } from '../loop/bind-definition.ts';
import { handleCommand } from '../loop/handle-command.ts';
import { loadJob, loadRuns } from '../loop/load.ts';
import { parseInput } from '../parse.ts';
import { CompletionInput } from './callback-input.ts';
import { jobOfHolder, openOfToken, type TokenHolder } from './execution-of-token.ts';

/** Ends an execution as its target says that it ended. */
export const completeExecution =
  (deps: CommandDeps) =>
  async (holder: TokenHolder, input: unknown): Promise<CommandResult<undefined>> => {
    const completion = parseInput(CompletionInput, input);
    const { definition, context } = await jobOfHolder(deps, holder);
    const { tenant, applicationId, jobId, labels } = definition;
    const result = await resultOf(deps, definition, completion);
    const { revision, position } = await handleCommand(deps, {
      stream: runsStream(jobId),
      context,
      load: async () => {
        const { state: runs, revision } = await loadRuns(deps.store, jobId);
        const { state: job, definitionRevision } = await loadJob(deps.store, jobId);
        const closures = await closuresOfUnsettled(deps, runs, job);
        const claim = await claimOf(deps.store, { runs, jobId, executionId: holder.executionId });
        return { state: { runs, job, claim, isInForce: definitionRevision === runs.jobRevision, closures }, revision };
      },
      decide: ({ runs, job, claim, isInForce, closures }) => {
        const open = openOfToken(runs, holder);
        const { executionId, attempt, engineId = '' } = open;
        const startedAtMs = claim?.recordedAt ?? toMs(open.acceptedAt ?? open.createdAt);
        const times = { startedAtMs, finishedAtMs: Math.max(startedAtMs, deps.world.clock.now()) };
        return recordOutcome(runs, {
          job: { tenant, applicationId, jobId },
          execution: { executionId, attempt, engineId },
          labels,
          outcome: { ...times, ...endOf(completion, result) },
          delay: claim?.data.late && { untilMs: startedAtMs, reason: claim.data.late },
          rules: rulesOf(definition),
          status: job.status === 'absent' ? 'deleted' : job.status,
          randomFraction: deps.world.random.fraction(),
          // Slots before a newer definition are settled when that is put in force.
          slots: isInForce ? slotsOf(job) : undefined,
          closures,
        });
      },
    });
    return { value: undefined, revision, position };
  };

/** The claim is among the last events of its stream: later ones of other executions are few. */
const LOOKED_BACK = 200;

type ClaimSearch = { readonly runs: Runs; readonly jobId: number; readonly executionId: number };

/**
 * The claim of an execution whose target reports before its 202 is recorded: nothing else tells yet when its call began
 * and whether it was late. Undefined once the 202 is recorded.
 */
const claimOf = async (
  store: CommandDeps['store'],
  { runs, jobId, executionId }: ClaimSearch,
): Promise<RecordedEvent<EventOf<'ExecutionStarted'>> | undefined> => {
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
  | Omit<Extract<Outcome, { kind: 'failed' }>, 'finishedAtMs'>;

const endOf = ({ status, error }: Completion, result: CallResult): End => {
  switch (status) {
    case 'succeeded':
      return { kind: 'succeeded', result };
    case 'failed': {
      const message = error ?? 'the target says that it failed';
      return { kind: 'failed', error: { code: 'REPORTED_FAILED', message }, result };
    }
  }
};

/** The status of an answer that says that the end comes later. */
const ACCEPTED = 202;

const resultOf = async (
  { secrets }: CommandDeps,
  { tenant, applicationId, confidential }: JobDefinition,
  { result = null }: Completion,
): Promise<CallResult> => {
  const seal = () => secrets.sealResult({ tenant, applicationId }, JSON.stringify(result));
  const data = confidential ? ((await seal()) ?? null) : result;
  return { status: ACCEPTED, headers: {}, data, truncated: false };
};
