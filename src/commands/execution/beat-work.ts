import { z } from 'zod';
import { defined } from '../../domain/defined.ts';
import { DomainError } from '../../domain/domain-error.ts';
import { actorName } from '../../domain/events/index.ts';
import { hashOfToken, takeHeartbeat } from '../../domain/execution/callback.ts';
import { PROGRESS_SPACING_MS } from '../../domain/execution/offer.ts';
import { runsStream } from '../../domain/streams.ts';
import type { QueueRef } from '../../domain/tasks/worker/stored.ts';
import { ExecutionId, type JsonValue } from '../../domain/values.ts';
import type { CommandContext } from '../command.ts';
import { type EventLog, handleCommand } from '../loop/handle-command.ts';
import { loadRuns } from '../loop/load.ts';
import { MAX_PROGRESS_BYTES, openOfToken, sized } from './callback.ts';
import { ofToken } from './take-work.ts';
import { type FedContext, type OpenWork, openOf, WorkerIdentity } from './work-feed.ts';

const MAX_RUNNING = 1_000;

/** A heartbeat of a worker, for all that it runs. */
export const BeatInput = z
  .strictObject({
    worker: WorkerIdentity,
    running: z
      .array(
        z.strictObject({
          executionId: ExecutionId,
          token: z.string().min(1).max(100),
          progress: sized(MAX_PROGRESS_BYTES).optional(),
        }),
      )
      .max(MAX_RUNNING, `at most ${MAX_RUNNING} executions`)
      .default([]),
  })
  .meta({ id: 'BeatWork' });
export type BeatInput = z.infer<typeof BeatInput>;

/** What a worker learns from its heartbeat. */
export type HeartbeatResponse = {
  /** Executions to cancel. */
  readonly cancel: readonly number[];
  /** Executions that are no longer this worker's. */
  readonly lost: readonly number[];
};

export type BeatWork = (context: CommandContext, queue: QueueRef, input: BeatInput) => Promise<HeartbeatResponse>;

/**
 * Records a heartbeat outside the log, and changed progress in it. A heartbeat extends no attempt that has ended: the engine
 * looks only for those of attempts that are open in the log.
 */
export const createBeatWork =
  (deps: FedContext): BeatWork =>
  async (context, queue, { worker, running }) => {
    const ids = running.map(({ executionId }) => executionId);
    const rows = ids.length === 0 ? [] : await deps.queries.offersOf({ tenant: queue.tenant }, ids);
    const byId = new Map(rows.map((row) => [row.executionId, row]));
    const isKnown = byId.size === ids.length || (await deps.feed.reach());
    for (const row of byId.size === ids.length ? [] : heardWork(deps, queue)) byId.set(row.executionId, row);
    const held = running.flatMap((each) => {
      const tokenHash = hashOfToken(each.token);
      const row = byId.get(each.executionId);
      const isOfQueue = row?.applicationId === queue.applicationId && row.queue === queue.queue;
      // A take may be too new for the read models: then the row has no token yet, or an earlier attempt's.
      const attempt = ofToken(each.token)?.attempt ?? 0;
      const isNewer = row !== undefined && row.attempt < attempt;
      const isSame = row?.attempt === attempt && (row.tokenHash ?? tokenHash) === tokenHash;
      const isHeld = row !== undefined && isOfQueue && (isNewer || isSame);
      return isHeld ? [{ ...each, tokenHash, row }] : [];
    });
    const changed = await deps.beats.beat(queue, {
      worker,
      running: held.map(({ tokenHash, progress }) => ({
        tokenHash,
        progress: progress === undefined ? undefined : JSON.stringify(progress),
      })),
      spacingMs: PROGRESS_SPACING_MS,
    });
    await Promise.all(
      held.map(({ executionId, token, tokenHash, progress, row: { jobId } }) =>
        progress !== undefined && changed.has(tokenHash)
          ? recordProgress(deps, context, { ...queue, jobId, executionId, token, progress })
          : undefined,
      ),
    );
    const isHeld = new Set(held.map(({ executionId }) => executionId));
    return {
      cancel: held.flatMap(({ executionId, row }) => (row.isCancelled ? [executionId] : [])),
      lost: ids.filter((id) => !isHeld.has(id) && (isKnown || byId.has(id))),
    };
  };

/** Work that may be too new for the read models. */
const heardWork = ({ feed }: FedContext, queue: QueueRef): readonly OpenWork[] =>
  feed.heard(queue).map(({ offer: { executionId, jobId, applicationId, attempt }, last }) => {
    const open = openOf(last, { executionId, attempt });
    return {
      ...{ executionId, jobId, applicationId, queue: queue.queue, attempt },
      ...defined({ tokenHash: open?.tokenHash }),
      isCancelled: open?.cancelRequested !== undefined,
    };
  });

type Progress = QueueRef & {
  readonly jobId: number;
  readonly executionId: number;
  readonly token: string;
  readonly progress: JsonValue;
};

/** Records the progress of an attempt; nothing if it has ended. */
const recordProgress = async (
  log: EventLog,
  context: CommandContext,
  { executionId, token, progress, ...job }: Progress,
): Promise<void> => {
  try {
    await handleCommand(log, {
      stream: runsStream(job.jobId),
      context,
      load: () => loadRuns(log.store, job.jobId),
      decide: (runs) =>
        takeHeartbeat(runs, {
          job,
          rules: { heartbeatTimeoutMs: undefined },
          execution: openOfToken(runs, { executionId, token }),
          progress,
          nowMs: log.world.clock.now(),
        }),
    });
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    const { actor } = context;
    log.world.log.debug({ executionId, error, actor: actorName(actor) }, 'the progress of a worker was not recorded');
  }
};
