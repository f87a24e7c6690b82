import type { OpenExecution } from '../../domain/events/index.ts';
import type { EngineJob, JobTable } from '../jobs/job-table.ts';
import type { ClaimDeps } from './claim.ts';
import { recordEnd } from './execute.ts';

export type ReaperDeps = ClaimDeps & {
  /** Whether this engine is to end what a dead one ran of a job. */
  readonly endsFor: (jobId: number, deadId: string) => boolean;
  /** Those among these incarnations of engines whose runs are lost. */
  readonly deadAmong: (engineIds: Iterable<string>) => Promise<ReadonlySet<string>>;
};

/** An execution of another engine, which may have died. */
export type Suspect = { readonly job: EngineJob; readonly open: OpenExecution; readonly engineId: string };

/**
 * The executions under way at other engines. Only a heartbeat that is sent after this tells which of them are lost: an
 * engine beats before it claims, so one that an earlier beat did not show may have come since.
 */
export const suspects = ({ table, engineId: own }: { table: JobTable; engineId: string }): Suspect[] =>
  [...table.withOpen()].flatMap((job) =>
    job.runs.open.flatMap((open) =>
      open.state === 'running' && open.engineId !== undefined && open.engineId !== own
        ? [{ job, open, engineId: open.engineId }]
        : [],
    ),
  );

/** Ends the executions of engines that died: whether their calls went out can't be known. */
export const reap = async (deps: ReaperDeps, suspected: readonly Suspect[]): Promise<void> => {
  const dead = await deps.deadAmong(suspected.map(({ engineId }) => engineId));
  const lost = suspected.filter(({ job, engineId }) => dead.has(engineId) && deps.endsFor(job.jobId, engineId));
  await Promise.all(lost.map((suspect) => reapOne(deps, suspect)));
};

const reapOne = async (deps: ReaperDeps, { job, open, engineId }: Suspect): Promise<void> => {
  const { jobId } = job;
  const { executionId, attempt } = open;
  deps.world.log.warn({ jobId, executionId, engineId }, 'scheduler: job execution lost with its engine');
  // No schedule: slots of the time without an engine are missed or late, not skipped by this run.
  await recordEnd(
    deps,
    { job, execution: { executionId, attempt, engineId }, delay: undefined, schedule: () => undefined },
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
