import type { JobDefinition, OpenExecution } from '../../domain/events/index.ts';
import { hashOfToken } from '../../domain/execution/callback.ts';
import type { Runs } from '../../domain/execution/tail.ts';
import { Refusal } from '../../domain/refusal.ts';
import type { Tenant } from '../../domain/values.ts';
import type { CommandContext } from '../command.ts';
import type { CommandDeps } from '../command-deps.ts';
import { loadJob, loadRuns } from '../loop/load.ts';

/** The target of an execution, which has the token of one attempt. */
export type TokenHolder = {
  readonly jobId: number;
  readonly executionId: number;
  readonly token: string;
  readonly correlationId: string;
  readonly traceparent?: string;
  /** Called once the token is found good, with the tenant of the execution. May throw to refuse the report. */
  readonly admit: (tenant: Tenant) => void;
};

/**
 * The job of an execution whose target calls back, and the context of what it reports. Nothing is done for a caller whose
 * token is not good.
 * @throws Refusal COMPLETION_TOKEN_REFUSED, and what `admit` throws
 */
export const jobOfHolder = async (
  { store }: Pick<CommandDeps, 'store'>,
  holder: TokenHolder,
): Promise<{ readonly definition: JobDefinition; readonly context: CommandContext }> => {
  const { jobId, correlationId, traceparent } = holder;
  const { state: job } = await loadJob(store, jobId);
  if (job.status === 'absent') throw tokenRefused();
  const { definition } = job;
  openOfToken((await loadRuns(store, jobId)).state, holder);
  holder.admit(definition.tenant);
  return {
    definition,
    context: {
      tenant: definition.tenant,
      actor: { type: 'system', name: 'target' },
      correlationId,
      ...(traceparent === undefined ? {} : { traceparent }),
    },
  };
};

/**
 * The open execution that a token is for.
 * @throws Refusal COMPLETION_TOKEN_REFUSED where it is for none: the execution has ended, or another attempt is made
 */
export const openOfToken = ({ open }: Runs, { executionId, token }: TokenHolder): OpenExecution => {
  const tokenHash = hashOfToken(token);
  const execution = open.find((each) => each.executionId === executionId && each.tokenHash === tokenHash);
  if (execution === undefined) throw tokenRefused();
  return execution;
};

/** The same where there is no such execution: a stranger learns no ids by it. */
export const tokenRefused = (): Refusal =>
  new Refusal('COMPLETION_TOKEN_REFUSED', 'the token is not that of an attempt of this execution that is under way');
