import type { OpenExecution } from '../../domain/events/index.ts';
import { isTaken } from '../../domain/execution/offer.ts';
import { toMs } from '../../domain/values.ts';
import type { EngineContext } from '../context.ts';
import { type EngineJob, slotsInForce } from '../jobs/engine-job.ts';
import { recordEnd } from './record-outcomes.ts';

/**
 * Ends attempts whose workers are lost. Heartbeats of workers are not in the log, so silence counts only while this engine
 * has listened: from its first look at an attempt, and from the end of any time without a look.
 *
 *     taken ─► heard ─► heard … ─► silent for a whole lease ─► WORK_LOST
 *                └─ no look for a while: heard again at the next look ─┘
 */
export type WorkJudge = {
  /** Looks at the heartbeats of all taken work of this engine's jobs, unless a look is in progress. */
  look(): void;
};

/** What is known of one attempt. */
type Heard = { readonly beatenMs: number | undefined; readonly atMs: number };

type TakenWork = { readonly job: EngineJob; readonly open: OpenExecution; readonly tokenHash: string };

/** After this time without a look, nobody was silent. Longer than heartbeats of an engine take to fail. */
const MAX_GAP_MS = 5_000;

export const createWorkJudge = (deps: EngineContext): WorkJudge => {
  const { clock, log } = deps.world;
  let heard = new Map<string, Heard>();
  let lookedMs = Number.NEGATIVE_INFINITY;
  let isLooking = false;

  const taken = (): TakenWork[] =>
    [...deps.table.withOpen()].flatMap((job) =>
      deps.members.owns(job)
        ? job.runs.open.flatMap((open) =>
            isTaken(open) && open.tokenHash !== undefined ? [{ job, open, tokenHash: open.tokenHash }] : [],
          )
        : [],
    );

  const lookNow = async (): Promise<void> => {
    const work = taken();
    if (work.length === 0) {
      heard = new Map();
      return;
    }
    const beats = await deps.lastBeats(work.map(({ tokenHash }) => tokenHash));
    const nowMs = clock.monotonic();
    const hasListened = nowMs - lookedMs <= MAX_GAP_MS;
    lookedMs = nowMs;
    const next = new Map<string, Heard>();
    const lost: TakenWork[] = [];
    for (const each of work) {
      const beatenMs = beats.get(each.tokenHash);
      const before = heard.get(each.tokenHash);
      const isSilent = hasListened && before !== undefined && before.beatenMs === beatenMs;
      const now = isSilent ? before : { beatenMs, atMs: nowMs };
      next.set(each.tokenHash, now);
      if (nowMs - now.atMs > (each.open.leaseMs ?? 0)) lost.push(each);
    }
    heard = next;
    await Promise.all(lost.map((each) => end(deps, each)));
  };

  return {
    look: () => {
      if (isLooking || !deps.state.isClaiming()) return;
      isLooking = true;
      void lookNow()
        .catch((error) => log.warn({ error }, 'scheduler: could not look at the heartbeats of workers; retrying'))
        .finally(() => {
          isLooking = false;
        });
    },
  };
};

const end = async (deps: EngineContext, { job, open }: TakenWork): Promise<void> => {
  const { executionId, attempt, engineId = '', worker, acceptedAt, createdAt } = open;
  const { jobId } = job;
  deps.world.log.warn({ jobId, executionId, worker }, 'scheduler: job execution lost with its worker');
  const startedAtMs = toMs(acceptedAt ?? createdAt);
  await recordEnd(
    deps,
    { job, execution: { executionId, attempt, engineId }, delay: undefined, slots: () => slotsInForce(job) },
    {
      kind: 'failed',
      startedAtMs,
      finishedAtMs: Math.max(startedAtMs, deps.world.clock.now()),
      error: { code: 'WORK_LOST', message: `the worker ${worker} sent no heartbeat for its lease: it may have acted` },
    },
  );
};
