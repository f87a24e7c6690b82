import type { OpenExecution } from '../domain/events/index.ts';
import type { ClaimDeps } from './claim.ts';
import { recordEnd } from './execute.ts';
import type { EngineJob } from './job-table.ts';

export type ReaperDeps = ClaimDeps & {
  readonly owns: (jobId: number) => boolean;
  /** Whether that incarnation of an engine still lives. */
  readonly lives: (engineId: string) => boolean;
};

/**
 * Ends the executions of engines that died: whether their calls went out can't be known.
 * @returns how many were ended
 */
export const reap = async (deps: ReaperDeps): Promise<number> => {
  const lost = [...deps.table.withOpen()].flatMap((job) => (deps.owns(job.jobId) ? lostOf(deps, job) : []));
  await Promise.all(lost.map(({ job, open, engineId }) => reapOne(deps, job, { ...open, engineId })));
  return lost.length;
};

type Lost = { readonly job: EngineJob; readonly open: OpenExecution; readonly engineId: string };

const lostOf = ({ lives }: ReaperDeps, job: EngineJob): Lost[] =>
  job.runs.open.flatMap((open) =>
    open.state === 'running' && open.engineId !== undefined && !lives(open.engineId)
      ? [{ job, open, engineId: open.engineId }]
      : [],
  );

const reapOne = async (
  deps: ReaperDeps,
  job: EngineJob,
  open: OpenExecution & { readonly engineId: string },
): Promise<void> => {
  const { jobId } = job;
  const { executionId, engineId } = open;
  deps.world.log.warn({ jobId, executionId, engineId }, 'scheduler: job execution lost with its engine');
  // No schedule: slots of the time without an engine are missed or late, not skipped by this run.
  await recordEnd(
    deps,
    { job, of: open, schedule: () => undefined },
    {
      kind: 'failed',
      finishedAtMs: deps.world.clock.now(),
      reason: 'ENGINE_LOST',
      error: {
        code: 'OUTCOME_UNKNOWN',
        message: `the engine ${engineId} was lost while the call was under way: whether the target acted is not known`,
      },
    },
  );
};
