import type { RunTask } from '../engine/run/execute.ts';
import type { Notices } from '../telemetry/notices.ts';

/** Wraps a task runner to give notice of each call that the target policy blocked. */
export const noticingBlocked =
  (runTask: RunTask, notices: Pick<Notices, 'refused'>): RunTask =>
  async (task) => {
    const outcome = await runTask(task);
    if (outcome !== 'withheld' && outcome.kind === 'failed' && outcome.error.code === 'TARGET_BLOCKED') {
      const { executionId, jobId } = task.claim;
      const { tenant, updatedBy } = task.definition;
      notices.refused({ code: 'TARGET_BLOCKED', actor: updatedBy, tenant, jobId, executionId });
    }
    return outcome;
  };
