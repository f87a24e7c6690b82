import type { OpenExecution } from '../../domain/events/index.ts';
import { isTaken } from '../../domain/execution/offer.ts';
import type { Outcome, OutcomeError } from '../../domain/execution/outcome.ts';
import { toMs } from '../../domain/values.ts';
import type { EngineContext } from '../context.ts';
import { type EngineJob, slotsInForce } from '../jobs/job-records.ts';
import { recordEnd } from './record-outcomes.ts';

/** An execution of another engine, which may have died. */
type Suspect = { readonly job: EngineJob; readonly open: OpenExecution; readonly engineId: string };

/** An execution whose work a worker has taken. */
type TakenWork = { readonly job: EngineJob; readonly open: OpenExecution; readonly tokenHash: string };

/** The last heartbeat of a worker that is known, and when it was heard, monotonic. */
type Heard = { readonly beatenMs: number | undefined; readonly atMs: number };

/** After this time without a look, nobody was silent. Longer than heartbeats of an engine take to fail. */
const MAX_GAP_MS = 5_000;

/**
 * Ends the executions of dead engines and of lost workers. Heartbeats of workers are not in the log, so silence counts only
 * while this engine has listened: from its first look at an attempt, and from the end of any time without a look.
 *
 * A look comes before a heartbeat of this engine. It ends the executions of lost workers, and returns what ends those of
 * dead engines once the beat is acknowledged: an engine beats before it claims, so an earlier response may lack an engine
 * that has joined since.
 *
 *     taken ─► heard ─► heard … ─► silent for a whole lease ─► WORK_LOST
 *                └─ no look for a while: heard again at the next look ─┘
 */
export const createLostExecutions = (context: EngineContext): (() => () => void) => {
  const { engineId: own, members, state, table, world } = context;
  let isReaping = false;
  let isJudging = false;
  let heard = new Map<string, Heard>();
  let lookedMs = Number.NEGATIVE_INFINITY;

  const reapAmong = async (suspects: readonly Suspect[]): Promise<void> => {
    isReaping = true;
    try {
      const dead = await members.deadAmong(suspects.map(({ engineId }) => engineId));
      const lost = suspects.filter(({ job, engineId }) => dead.has(engineId) && members.endsFor(job, engineId));
      await Promise.all(lost.map((suspect) => reap(context, suspect)));
    } catch (error) {
      world.log.error({ engineId: own, error }, 'scheduler: could not end lost executions; retrying');
    }
    isReaping = false;
  };

  /** The work of those workers that have been silent for its whole lease. */
  const silentAmong = (work: readonly TakenWork[], beats: ReadonlyMap<string, number>): readonly TakenWork[] => {
    const nowMs = world.clock.monotonic();
    const hasListened = nowMs - lookedMs <= MAX_GAP_MS;
    lookedMs = nowMs;
    const before = heard;
    heard = new Map();
    return work.filter(({ open, tokenHash }) => {
      const beatenMs = beats.get(tokenHash);
      const last = before.get(tokenHash);
      const isSilent = hasListened && last !== undefined && last.beatenMs === beatenMs;
      const now = isSilent ? last : { beatenMs, atMs: nowMs };
      heard.set(tokenHash, now);
      return nowMs - now.atMs > (open.leaseMs ?? 0);
    });
  };

  const judge = async (work: readonly TakenWork[]): Promise<void> => {
    isJudging = true;
    try {
      const beats = work.length === 0 ? new Map() : await context.lastBeats(work.map(({ tokenHash }) => tokenHash));
      await Promise.all(silentAmong(work, beats).map((each) => endWork(context, each)));
    } catch (error) {
      world.log.warn({ error }, 'scheduler: could not look at the heartbeats of workers; retrying');
    }
    isJudging = false;
  };

  return () => {
    const suspects: Suspect[] = [];
    const work: TakenWork[] = [];
    for (const job of table.withOpen()) {
      for (const open of job.runs.open) {
        const { engineId, tokenHash } = open;
        if (open.state === 'running' && engineId !== undefined && engineId !== own) {
          suspects.push({ job, open, engineId });
        }
        if (isTaken(open) && tokenHash !== undefined && members.owns(job)) work.push({ job, open, tokenHash });
      }
    }
    if (state.isClaiming() && !isJudging) void judge(work);
    return () => {
      if (state.isClaiming() && !isReaping) void reapAmong(suspects);
    };
  };
};

/** Records the execution of a dead engine as failed: its call may have gone out, so its outcome is unknown; work was not offered. */
const reap = (context: EngineContext, { job, open, engineId }: Suspect): Promise<void> => {
  const { jobId } = job;
  const { executionId, attempt } = open;
  context.world.log.warn({ jobId, executionId, engineId }, 'scheduler: job execution lost with its engine');
  const error: OutcomeError =
    open.offers === true
      ? { code: 'ENGINE_LOST', message: `the engine ${engineId} was lost before it offered the work` }
      : {
          code: 'OUTCOME_UNKNOWN',
          message: `the engine ${engineId} was lost during the call: the target may have acted on the request`,
        };
  const finishedAtMs = context.world.clock.now();
  const outcome: Outcome = { kind: 'failed', finishedAtMs, reason: 'ENGINE_LOST', error };
  // Without slots: those from the time without an engine are missed or late, not skipped because of this run.
  const slots = () => undefined;
  return recordEnd(
    context,
    { job, execution: { executionId, attempt, engineId }, delay: undefined, isAwaited: true, slots },
    outcome,
  );
};

const endWork = (context: EngineContext, { job, open }: TakenWork): Promise<void> => {
  const { executionId, attempt, engineId = '', worker, acceptedAt, createdAt } = open;
  const { jobId } = job;
  context.world.log.warn({ jobId, executionId, worker }, 'scheduler: job execution lost with its worker');
  const startedAtMs = toMs(acceptedAt ?? createdAt);
  const finishedAtMs = Math.max(startedAtMs, context.world.clock.now());
  const message = `the worker ${worker} sent no heartbeat for its lease: it may have acted`;
  const outcome: Outcome = { kind: 'failed', startedAtMs, finishedAtMs, error: { code: 'WORK_LOST', message } };
  const slots = () => slotsInForce(job);
  return recordEnd(
    context,
    { job, execution: { executionId, attempt, engineId }, delay: undefined, isAwaited: true, slots },
    outcome,
  );
};
