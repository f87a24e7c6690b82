import type { OpenExecution } from '../../domain/events/index.ts';
import type { OutcomeError } from '../../domain/execution/outcome.ts';
import type { EngineContext } from '../context.ts';
import type { EngineJob } from '../jobs/engine-job.ts';
import { recordEnd } from './record-outcomes.ts';

/** Ends the executions of dead engines: looks for them before each heartbeat, and judges them after it. */
export type Reaper = {
  /** Lists the executions of other engines. The function it returns ends those that are lost. */
  look(): () => void;
};

export const createReaper = (deps: EngineContext): Reaper => {
  const { engineId, members, state, world } = deps;
  let reaping = false;

  const reapAmong = async (suspected: readonly Suspect[]): Promise<void> => {
    reaping = true;
    try {
      const dead = await members.deadAmong(suspected.map((suspect) => suspect.engineId));
      const lost = suspected.filter((each) => dead.has(each.engineId) && members.endsFor(each.job, each.engineId));
      await Promise.all(lost.map((suspect) => reap(deps, suspect)));
    } catch (error) {
      world.log.error({ engineId, error }, 'scheduler: could not end lost executions; retrying');
    }
    reaping = false;
  };

  return {
    look: () => {
      const suspected = suspects(deps);
      return () => {
        if (state.isClaiming() && !reaping) void reapAmong(suspected);
      };
    },
  };
};

/** An execution of another engine, which may have died. */
type Suspect = { readonly job: EngineJob; readonly open: OpenExecution; readonly engineId: string };

/**
 * Lists the executions in progress at other engines. Judge them only by a heartbeat that is sent after this: an engine
 * beats before it claims, so an earlier response may lack an engine that has joined since.
 */
const suspects = ({ table, engineId: own }: EngineContext): Suspect[] =>
  [...table.withOpen()].flatMap((job) =>
    job.runs.open.flatMap((open) =>
      open.state === 'running' && open.engineId !== undefined && open.engineId !== own
        ? [{ job, open, engineId: open.engineId }]
        : [],
    ),
  );

/** Records the execution of a dead engine as failed: its call may have gone out, so its outcome is unknown; work was not offered. */
const reap = async (deps: EngineContext, { job, open, engineId }: Suspect): Promise<void> => {
  const { jobId } = job;
  const { executionId, attempt } = open;
  deps.world.log.warn({ jobId, executionId, engineId }, 'scheduler: job execution lost with its engine');
  const lost = { kind: 'failed' as const, finishedAtMs: deps.world.clock.now(), reason: 'ENGINE_LOST' as const };
  const error: OutcomeError =
    open.offers === true
      ? { code: 'ENGINE_LOST', message: `the engine ${engineId} was lost before it offered the work` }
      : {
          code: 'OUTCOME_UNKNOWN',
          message: `the engine ${engineId} was lost during the call: the target may have acted on the request`,
        };
  // Without slots: those from the time without an engine are missed or late, not skipped because of this run.
  await recordEnd(
    deps,
    { job, execution: { executionId, attempt, engineId }, delay: undefined, slots: () => undefined },
    { ...lost, error },
  );
};
