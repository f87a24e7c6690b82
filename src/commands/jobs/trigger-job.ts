import type { CommandDeps } from '../command-deps.ts';
import { requestExecutionOf } from '../executions/request-execution.ts';
import type { Commands } from '../port.ts';

export const triggerJob =
  (deps: CommandDeps): Commands['triggerJob'] =>
  (context, jobId, input) =>
    requestExecutionOf(deps, { jobId, context, trigger: 'manual', input });
