import { z } from 'zod';
import { defined } from '../../domain/defined.ts';
import { isRunEvent } from '../../domain/events/index.ts';
import { hashOfToken } from '../../domain/execution/callback.ts';
import { runsStream } from '../../domain/streams.ts';
import type { QueueRef } from '../../domain/tasks/worker/stored.ts';
import { ExecutionId, type JsonValue } from '../../domain/values.ts';
import { StreamParked } from '../../event-store/errors.ts';
import { loadJob } from '../loop/load.ts';
import { MAX_PROGRESS_BYTES, recordableOf, sized } from './callback.ts';
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

export type BeatWork = (queue: QueueRef, input: BeatInput) => Promise<HeartbeatResponse>;

/**
 * Records a heartbeat and progress outside the log; the report of an attempt's end records its last progress. A heartbeat
 * extends no attempt that has ended: the engine looks only for those of attempts that are open in the log.
 */
export const createBeatWork =
  (deps: FedContext): BeatWork =>
  async (queue, { worker, running }) => {
    const ids = [...new Set(running.map(({ executionId }) => executionId))];
    const rows = ids.length === 0 ? [] : await deps.queries.offersOf({ tenant: queue.tenant }, ids);
    const byId = new Map(rows.map((row) => [row.executionId, row]));
    const isKnown = byId.size === ids.length || (await deps.feed.reach());
    for (const row of byId.size === ids.length ? [] : heardWork(deps, queue)) byId.set(row.executionId, row);
    const named = running.flatMap((each) => {
      const row = byId.get(each.executionId);
      const isOfQueue = row?.applicationId === queue.applicationId && row.queue === queue.queue;
      return isOfQueue ? [{ ...each, tokenHash: hashOfToken(each.token), row }] : [];
    });
    const shown = ({ token, tokenHash, row }: Named) =>
      ofToken(token)?.attempt === row.attempt && row.tokenHash === tokenHash;
    const open = await openInLog(
      deps,
      named.filter((each) => !shown(each)),
    );
    const held = named.filter((each) => shown(each) || open.has(each.tokenHash));
    const beaten = await progressOf(deps, held);
    await deps.beats.beat(queue, {
      worker,
      running: [...beaten].map(([tokenHash, progress]) => ({
        tokenHash,
        progress: progress === undefined ? undefined : JSON.stringify(progress),
      })),
    });
    const isHeld = new Set(held.map(({ executionId }) => executionId));
    return {
      cancel: ids.filter((id) => isHeld.has(id) && byId.get(id)?.isCancelled),
      lost: ids.filter((id) => !isHeld.has(id) && (isKnown || byId.has(id))),
    };
  };

/** The progress of attempts as it is kept, by their tokens. */
const progressOf = async (
  { store, secrets }: FedContext,
  held: readonly Named[],
): Promise<ReadonlyMap<string, JsonValue | undefined>> => {
  const jobIds = new Set(held.flatMap(({ progress, row }) => (progress === undefined ? [] : row.jobId)));
  const jobs = new Map(
    await Promise.all([...jobIds].map(async (jobId) => [jobId, (await loadJob(store, jobId)).state] as const)),
  );
  const kept = held.map(async ({ tokenHash, progress, row }) => {
    const job = jobs.get(row.jobId);
    const isKept = progress !== undefined && job !== undefined && job.status !== 'absent';
    return [tokenHash, isKept ? await recordableOf(secrets, job.definition, progress) : undefined] as const;
  });
  return new Map(await Promise.all(kept));
};

/** Work that a heartbeat names, and what is known of it. */
type Named = BeatInput['running'][number] & { readonly tokenHash: string; readonly row: OpenWork };

/**
 * The tokens of these that are open in the log. A take may be too new for the read models: then they show no token yet, or
 * an earlier attempt's.
 */
const openInLog = async ({ store }: FedContext, named: readonly Named[]): Promise<ReadonlySet<string>> => {
  if (named.length === 0) return new Set();
  const jobIds = [...new Set(named.map(({ row }) => row.jobId))];
  const last = await store.readLast(jobIds.map(runsStream));
  const opens = new Map(
    last
      .flatMap((event) => (event !== undefined && !(event instanceof StreamParked) && isRunEvent(event) ? [event] : []))
      .map(({ data }) => [data.jobId, data.tail.open]),
  );
  return new Set(
    named.flatMap(({ executionId, tokenHash, row }) => {
      const open = opens.get(row.jobId)?.find((each) => each.executionId === executionId);
      return open?.tokenHash === tokenHash ? [tokenHash] : [];
    }),
  );
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
