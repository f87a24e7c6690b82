import { takeHeartbeat } from '../../domain/execution/callback.ts';
import { rulesOf } from '../../domain/job/rules.ts';
import { runsStream } from '../../domain/streams.ts';
import type { CommandResult } from '../command.ts';
import type { CommandDeps } from '../command-deps.ts';
import { handleCommand } from '../loop/handle-command.ts';
import { loadRuns } from '../loop/load.ts';
import { parseInput } from '../parse.ts';
import { HeartbeatInput } from './callback-input.ts';
import { jobOfHolder, openOfToken, type TokenHolder } from './execution-of-token.ts';

/** Records that the target of an execution is at work, and how far it has come, unless it was heard of just before. */
export const heartbeatExecution =
  (deps: CommandDeps) =>
  async (holder: TokenHolder, input: unknown): Promise<CommandResult<undefined>> => {
    const progress = parseInput(HeartbeatInput, input)?.progress;
    const { definition, context } = await jobOfHolder(deps, holder);
    const { tenant, applicationId, jobId, labels } = definition;
    const { revision, position } = await handleCommand(deps, {
      stream: runsStream(jobId),
      context,
      load: () => loadRuns(deps.store, jobId),
      decide: (runs) => {
        const execution = openOfToken(runs, holder);
        const nowMs = deps.world.clock.now();
        const job = { tenant, applicationId, jobId };
        return takeHeartbeat(runs, { job, labels, rules: rulesOf(definition), execution, progress, nowMs });
      },
    });
    return { value: undefined, revision, position };
  };
