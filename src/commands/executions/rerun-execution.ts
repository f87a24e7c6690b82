import type { CommandContext, CommandResult } from '../command.ts';
import type { CommandDeps } from '../command-deps.ts';
import { type RequestedExecution, requestExecutionOf } from './request-execution.ts';

/** Requests an execution of the same nominal time as another one. */
/** An execution that is to be repeated. */
type RerunInput = {
  readonly executionId: number;
  readonly jobId: number;
  /** Its nominal time: parameters are resolved for it again. */
  readonly scheduledAt: string;
  /** Revision of the definition to call by; undefined for the newest. */
  readonly definitionRevision: number | undefined;
};

export const rerunExecution =
  (deps: CommandDeps) =>
  (
    context: CommandContext,
    { executionId, jobId, scheduledAt, definitionRevision }: RerunInput,
    input?: unknown,
  ): Promise<CommandResult<RequestedExecution>> =>
    requestExecutionOf(deps, {
      jobId,
      context,
      trigger: 'rerun',
      input,
      rerun: { rerunOf: executionId, scheduledAt, definitionRevision },
    });
