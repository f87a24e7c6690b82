import type { CommandContext, CommandResult } from '../command.ts';
import type { CommandDeps } from '../command-deps.ts';
import { type RequestedExecution, requestExecutionOf } from '../executions/request-execution.ts';

export const triggerJob =
  (deps: CommandDeps) =>
  (context: CommandContext, jobId: number, input?: unknown): Promise<CommandResult<RequestedExecution>> =>
    requestExecutionOf(deps, { jobId, context, trigger: 'manual', input });
