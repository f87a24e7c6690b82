import type { CommandDeps } from '../command-deps.ts';
import type { Commands } from '../port.ts';
import { requestExecutionOf } from './request-execution.ts';

/** Requests an execution of the same nominal time as another one. */
export const rerunExecution =
  (deps: CommandDeps): Commands['rerunExecution'] =>
  (context, { executionId, jobId, scheduledAt, definitionRevision }, input) =>
    requestExecutionOf(deps, {
      jobId,
      context,
      trigger: 'rerun',
      input,
      rerun: { rerunOf: executionId, scheduledAt, definitionRevision },
    });
