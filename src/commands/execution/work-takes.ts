import { DomainError } from '../../domain/domain-error.ts';
import { durationMs } from '../../domain/duration.ts';
import { hashOfToken } from '../../domain/execution/callback.ts';
import type { QueueRef } from '../../domain/tasks/worker/stored.ts';
import { createSemaphores } from '../../runtime/semaphore.ts';
import {
  type HashedTake,
  type LookAt,
  type TakenWork,
  type TakeRequest,
  type TakeResult,
  takeTogether,
} from './take-work.ts';
import {
  createWorkFeed,
  type FeedListener,
  queueKey,
  type RequestedQueue,
  type WorkContext,
  type WorkerIdentity,
  type WorkFeed,
} from './work-feed.ts';

/**
 * Takes offered work; waits for some if there is none.
 * @param signal ends the wait, because the caller is gone
 */
export type TakeWork = (request: TakeRequest, signal?: AbortSignal) => Promise<readonly TakenWork[]>;

/** The takes of a process. */
export type WorkTakes = {
  readonly take: TakeWork;
  readonly feed: WorkFeed;
  /** Ends the takes that wait. */
  stop(): void;
};

/** A take in progress. */
type PendingTake = HashedTake & {
  /** Whether its time is over, or its caller gone. */
  isOver: boolean;
  readonly resolve: (work: readonly TakenWork[]) => void;
  readonly reject: (error: unknown) => void;
};

/** How many looks of one queue are in progress at once. Takes for many different tasks would use all connections else. */
const LOOKS_AT_ONCE = 4;
/** Takes that were given work, so that their repeats are given nothing else. */
const MAX_GIVEN = 10_000;

/** Takes of one queue for the same tasks. */
type TakeGroup = RequestedQueue & {
  readonly queueKey: string;
  /** Of its tasks. */
  readonly key: string;
  /** Takes that have to look at everything. */
  readonly looking: Set<PendingTake>;
  /** Takes that found no work. */
  readonly waiting: Set<PendingTake>;
  /** Where those that wait should look. */
  next: LookAt | undefined;
  isLooking: boolean;
};

/** Workers are recorded together, this long after the first of them came. */
const GATHER_MS = 1_000;

/** After so many tries in a row that others were faster at, takes pause before the next. */
const QUICK_TRIES = 5;
const PAUSE_MS = 200;

const wantsOneOf = (group: TakeGroup, tasks: ReadonlySet<string>): boolean =>
  group.tasks?.some((task) => tasks.has(task)) ?? true;

const NOTHING: TakeResult = { work: [], isContended: false };
/** Most takes that look together. */
const MAX_TOGETHER = 50;

/**
 * Gives offered work to takes. Takes of a queue in one process look together, so that they get different work.
 *
 *    looking ─ looks at everything ─┬─ work ─────────────────────────► given
 *        ▲                          └─ none ─► waiting ─ work heard ─┬─► given
 *        └── another process was faster ───────────┴─────────────────┘
 *
 * Those that wait look only at what is heard from the log, and each second at everything if the read model has work for
 * them: a pause may have ended. If a queue surely has no work, its takes wait at once.
 */
export const createWorkTakes = (deps: WorkContext): WorkTakes => {
  const { timers, log } = deps.world;
  /** By queue, then by tasks. */
  const groups = new Map<string, Map<string, TakeGroup>>();
  const turns = createSemaphores<string>(LOOKS_AT_ONCE);
  const given = new Set<string>();
  let isStopped = false;
  const isOver = (take: PendingTake): boolean => take.isOver || isStopped;
  const found: FeedListener['found'] = (tasksOf, how) => {
    for (const [queue, tasks] of tasksOf) {
      for (const group of groups.get(queue)?.values() ?? []) {
        if (!wantsOneOf(group, tasks)) continue;
        group.next = group.next === 'all' ? 'all' : how;
        void look(group);
      }
    }
  };
  const feed = createWorkFeed(deps, { found, isAwaited: () => groups.size > 0 });

  const seen = new Map<string, QueueRef & { readonly worker: WorkerIdentity }>();
  const recordSeen = async (): Promise<void> => {
    const workers = [...seen.values()];
    seen.clear();
    if (isStopped) return;
    await deps.beats.see(workers).catch((error) => log.debug({ error }, 'could not record workers that wait for work'));
  };
  const see = ({ tenant, applicationId, queue, worker }: TakeRequest): void => {
    if (seen.size === 0) timers.after(GATHER_MS, recordSeen, 'gather');
    seen.set(JSON.stringify([tenant, applicationId, queue, worker.id]), { tenant, applicationId, queue, worker });
  };

  /** @returns whether others were faster at all work that was found */
  const lookOnce = async (group: TakeGroup): Promise<boolean> => {
    const looksAtAll = group.looking.size > 0;
    const from = looksAtAll ? group.looking : group.waiting;
    const together = [...from.values().take(MAX_TOGETHER)];
    const next = looksAtAll ? 'all' : group.next;
    if (!looksAtAll) group.next = undefined;
    if (next === undefined || together.length === 0) return false;
    for (const take of together) from.delete(take);
    try {
      const results = await takeTogether({ ...deps, feed }, { queue: group, takes: together, lookAt: next });
      let left = 0;
      let rejected = 0;
      for (const take of together) {
        const { work, isContended, rejection } = results.get(take.takeHash) ?? NOTHING;
        if (rejection !== undefined) {
          rejected += 1;
          take.reject(rejection);
        } else if (work.length > 0 || isOver(take)) take.resolve(work);
        else (isContended ? group.looking : group.waiting).add(take);
        if (work.length === 0) left += 1;
      }
      // There may be more work than these could take, or were allowed to.
      if (rejected > 0 || (left === 0 && together.length === MAX_TOGETHER)) group.next ??= next;
      return left === together.length && together.some(({ takeHash }) => results.get(takeHash)?.isContended);
    } catch (error) {
      log.debug({ error }, 'takes could not look for work');
      for (const take of together) {
        if (looksAtAll || isOver(take)) take.reject(error);
        else group.waiting.add(take);
      }
      return false;
    }
  };

  const look = async (group: TakeGroup): Promise<void> => {
    if (group.isLooking) return;
    group.isLooking = true;
    let inVain = 0;
    while (group.looking.size > 0 || group.next !== undefined) {
      // Those that come together look together. Work of a log that was set back is contended until that is noticed.
      await timers.sleep(inVain < QUICK_TRIES ? 0 : PAUSE_MS);
      inVain = (await turns.run(group.queueKey, () => lookOnce(group))) ? inVain + 1 : 0;
    }
    group.isLooking = false;
    leaveIfEmpty(group);
  };

  const leaveIfEmpty = ({ queueKey: queue, key, looking, waiting, isLooking }: TakeGroup): void => {
    if (looking.size + waiting.size > 0 || isLooking) return;
    const ofQueue = groups.get(queue);
    ofQueue?.delete(key);
    if (ofQueue?.size === 0) groups.delete(queue);
  };

  const groupOf = ({ tenant, applicationId, queue, tasks }: TakeRequest): TakeGroup => {
    const key = JSON.stringify(tasks ?? []);
    const ofQueue = queueKey({ tenant, applicationId, queue });
    const same = groups.get(ofQueue) ?? new Map<string, TakeGroup>();
    const group: TakeGroup = same.get(key) ?? {
      ...{ queueKey: ofQueue, key, tenant, applicationId, queue, tasks },
      ...{ looking: new Set(), waiting: new Set(), next: undefined, isLooking: false },
    };
    groups.set(ofQueue, same.set(key, group));
    return group;
  };

  /** A take that was given work is given nothing else, also once that work has ended. */
  const give = (takeHash: string): void => {
    given.add(takeHash);
    const [oldest] = given;
    if (given.size > MAX_GIVEN && oldest !== undefined) given.delete(oldest);
  };

  return {
    feed,
    take: (requested, signal) =>
      new Promise((resolve, reject) => {
        const takeHash = hashOfToken(requested.takeId);
        const request = given.has(takeHash) ? { ...requested, most: 0 } : requested;
        if (isStopped) return reject(new DomainError('STARTING', 'the process is stopping: repeat the request'));
        see(request);
        const group = groupOf(request);
        const waitMs = durationMs(request.wait);
        const end = (): void => {
          take.isOver = true;
          if (group.waiting.delete(take)) take.resolve([]);
          leaveIfEmpty(group);
        };
        const cancel = waitMs > 0 ? timers.after(waitMs, end) : undefined;
        signal?.addEventListener('abort', end);
        const settled = (): void => {
          cancel?.();
          signal?.removeEventListener('abort', end);
        };
        const take: PendingTake = {
          ...{ takeHash, request, isOver: waitMs === 0 || signal?.aborted === true },
          resolve: (work) => {
            settled();
            if (work.length > 0) give(takeHash);
            resolve(work);
          },
          reject: (error) => {
            settled();
            reject(error);
          },
        };
        if (!take.isOver && !feed.mayHaveWork(request)) return void group.waiting.add(take);
        group.looking.add(take);
        void look(group);
      }),
    stop: () => {
      isStopped = true;
      feed.stop();
      for (const { waiting } of [...groups.values()].flatMap((same) => [...same.values()])) {
        for (const take of waiting) take.resolve([]);
        waiting.clear();
      }
    },
  };
};
