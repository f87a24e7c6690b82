import type { z } from 'zod';
import type { CallResult, JobDefinition } from '../../domain/events/index.ts';
import { rulesOf } from '../../domain/job/rules.ts';
import { type Outcome, recordOutcome } from '../../domain/runs/outcome.ts';
import { runsStream } from '../../domain/streams.ts';
import { toMs } from '../../domain/values.ts';
import type { CommandDeps } from '../command-deps.ts';
import { closuresOfUnsettled, slotsOf } from '../loop/bind-definition.ts';
import { handleCommand } from '../loop/handle-command.ts';
import { loadJob, loadRuns } from '../loop/load.ts';
import { parseInput } from '../parse.ts';
import type { Commands } from '../port.ts';
import { CompletionInput } from './callback-input.ts';
import { jobOfHolder, openOfToken } from './execution-of-token.ts';

/** Ends an execution as its target says that it ended. */
export const completeExecution =
  (deps: CommandDeps): Commands['completeExecution'] =>
  async (holder, input) => {
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
        return { state: { runs, job, isInForce: definitionRevision === runs.jobRevision, closures }, revision };
      },
      decide: ({ runs, job, isInForce, closures }) => {
        const open = openOfToken(runs, holder);
        const { executionId, attempt, engineId = '' } = open;
        const startedAtMs = toMs(open.acceptedAt ?? open.createdAt);
        const times = { startedAtMs, finishedAtMs: Math.max(startedAtMs, deps.world.clock.now()) };
        return recordOutcome(runs, {
          job: { tenant, applicationId, jobId },
          execution: { executionId, attempt, engineId },
          labels,
          outcome: { ...times, ...endOf(completion, result) },
          delay: undefined,
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
  const data = confidential ? await secrets.sealResult({ tenant, applicationId }, JSON.stringify(result)) : result;
  return { status: ACCEPTED, headers: {}, data, truncated: false };
};
