import { setImmediate } from 'node:timers/promises';
import type pg from 'pg';
import { isUnavailable } from '../../db/bounds.ts';
import { type Backoff, backoffMs } from '../../runtime/retry.ts';
import type { Runtime } from '../../runtime/runtime.ts';
import type { EncodedAppend } from '../check-append.ts';
import { AppendUnconfirmed, type Availability, EventStoreClosed } from '../errors.ts';
import type { TailPage } from '../log-tail.ts';
import type { Position } from '../port.ts';
import {
  type AppendLists,
  type AppendResults,
  AppendsRolledBack,
  appendTransaction,
  type KnownHeads,
  noKnownHeads,
} from './append-transaction.ts';
import type { OneConnection } from './connection.ts';

const RETRY: Backoff = { firstMs: 100, longestMs: 2_000 };

type QueueEntry = {
  /** Lists of appends. Each append is made only if the one before it in its list succeeds. */
  readonly lists: AppendLists;
  /** The number of appends, and their size. */
  readonly count: number;
  readonly sizeBytes: number;
  /** When it counts as unconfirmed, in monotonic milliseconds. */
  readonly dueMs: number;
  readonly resolve: (results: AppendResults) => void;
  readonly reject: (error: unknown) => void;
};

type AppendQueue = {
  /**
   * Makes the appends of each list one after another, each only if the previous one succeeds.
   * @throws AppendUnconfirmed if it is unknown whether they were made; either all of them were, or none
   */
  append(lists: AppendLists): Promise<AppendResults>;
  /** Rejects new appends and waits for the pending ones. */
  close(): Promise<void>;
};

type AppendQueueOptions = {
  readonly connection: OneConnection;
  readonly world: Runtime;
  readonly availability: Availability;
  /** The time from the call of `append` until it throws AppendUnconfirmed. */
  readonly deadlineMs: number;
  /**
   * Called right before appends are sent. The returned function is called when their transaction has ended, successfully or
   * not.
   */
  readonly onSending: (client: pg.Client) => () => void;
  /** Called after each commit with the number of its appends. */
  readonly onBatch?: (appends: number) => void;
  /** Called after each commit with the new end of the log. */
  readonly onCommitted: (end: Position, own: TailPage | undefined) => void;
};

/**
 * Creates the queue of a process's appends. All waiting appends share one transaction, on one connection. If Postgres
 * reports that it rolled the transaction back, or if nothing was sent, its appends are retried until their deadline.
 * Otherwise, such as when the connection is lost, its appends are unconfirmed.
 */
export const createAppendQueue = ({
  connection,
  world,
  availability,
  deadlineMs,
  ...callbacks
}: AppendQueueOptions): AppendQueue => {
  const { clock, timers, log } = world;
  const { onSending, onCommitted, onBatch = () => {} } = callbacks;
  let waiting: QueueEntry[] = [];
  let requestInProgress: readonly QueueEntry[] = [];
  let running: Promise<void> | undefined;
  let closed = false;
  let trouble: unknown;
  let cancelWatch: (() => void) | undefined;
  let known: KnownHeads | undefined;

  const rejectUnconfirmed = ({ lists, reject }: QueueEntry): void =>
    reject(new AppendUnconfirmed(namesOf(lists.flat()), { cause: trouble }));

  /**
   * Sets a timer for the oldest append. All have the same time limit, so the others are due later. Only this rejects late
   * appends; it removes them from both lists, so that nothing else resolves them again.
   */
  const watch = (): void => {
    const oldest = requestInProgress[0] ?? waiting[0];
    if (oldest === undefined || cancelWatch !== undefined) return;
    cancelWatch = timers.after(Math.max(0, oldest.dueMs - clock.monotonic()), () => {
      cancelWatch = undefined;
      const nowMs = clock.monotonic();
      const late = new Set([...requestInProgress, ...waiting].filter(({ dueMs }) => dueMs <= nowMs));
      if (requestInProgress.some((one) => late.has(one))) connection.drop();
      waiting = waiting.filter((one) => !late.has(one));
      requestInProgress = requestInProgress.filter((one) => !late.has(one));
      late.forEach(rejectUnconfirmed);
      watch();
    });
  };

  /** @returns whether the transaction was committed */
  const makeBatch = async (batch: readonly QueueEntry[]): Promise<boolean> => {
    let settle: (() => void) | undefined;
    try {
      const client = await connection.get();
      if (known?.client !== client) known = noKnownHeads(client);
      const requested = batch.flatMap(({ lists }) => lists);
      if (!connection.isCurrent(client)) throw new Error('the connection was lost before the appends were sent');
      settle = onSending(client);
      const { results, end, own } = await appendTransaction(known, requested);
      let responded = 0;
      for (const { lists, resolve } of batch) {
        resolve(results.slice(responded, responded + lists.length));
        responded += lists.length;
      }
      trouble = undefined;
      availability.worked('appends');
      onBatch(batch.reduce((sum, { count }) => sum + count, 0));
      onCommitted(end, own);
      return true;
    } catch (error) {
      trouble = error;
      connection.drop();
      const sent = settle !== undefined && !(error instanceof AppendsRolledBack);
      if (isUnavailable(error instanceof AppendsRolledBack ? error.cause : error))
        availability.failed('appends', error);
      else log.warn({ error, appends: batch.length, sent }, 'appends to the log failed');
      // Appends that became late in the meantime are already rejected and no longer in `requestInProgress`.
      if (sent) requestInProgress.forEach(rejectUnconfirmed);
      else waiting = [...requestInProgress, ...waiting];
      return false;
    } finally {
      settle?.();
    }
  };

  const run = async (): Promise<void> => {
    let failures = 0;
    while (waiting.length > 0) {
      // Waits one turn of the event loop, so that callers of the last transaction can join this one.
      await setImmediate();
      const { taken, left } = nextBatch(waiting);
      if (taken.length === 0) break;
      waiting = left;
      requestInProgress = taken;
      const went = await makeBatch(taken);
      requestInProgress = [];
      failures = went ? 0 : failures + 1;
      // The first retry is immediate: the connection may have been lost while it was idle.
      if (failures > 1) await timers.sleep(backoffMs(failures - 1, RETRY));
    }
    running = undefined;
  };

  return {
    append: (lists) =>
      new Promise((resolve, reject) => {
        if (closed) return reject(new EventStoreClosed());
        let [count, sizeBytes] = [0, 0];
        for (const list of lists) {
          count += list.length;
          for (const each of list) sizeBytes += each.sizeBytes;
        }
        waiting.push({ lists, count, sizeBytes, dueMs: clock.monotonic() + deadlineMs, resolve, reject });
        watch();
        running ??= run();
      }),
    close: async () => {
      closed = true;
      await running;
      cancelWatch?.();
      await connection.close();
    },
  };
};

/** Limits of one transaction: large enough to share one flush to disk, small enough not to delay the next one. */
const BATCH_LIMIT = { appends: 1_500, bytes: 8 * 1_048_576 } as const;

/** Takes the oldest entries that fit into one transaction, at least one. */
export const nextBatch = <T extends Pick<QueueEntry, 'count' | 'sizeBytes'>>(
  waiting: readonly T[],
): { taken: T[]; left: T[] } => {
  let [taken, appends, bytes] = [0, 0, 0];
  for (const { count, sizeBytes } of waiting) {
    appends += count;
    bytes += sizeBytes;
    if (taken > 0 && (appends > BATCH_LIMIT.appends || bytes > BATCH_LIMIT.bytes)) break;
    taken += 1;
  }
  return { taken: waiting.slice(0, taken), left: waiting.slice(taken) };
};

const MAX_NAMED = 10;

/** The streams of the appends, for an error. */
const namesOf = (appends: readonly EncodedAppend[]): string => {
  const named = appends.slice(0, MAX_NAMED).map(({ append }) => append.stream);
  return named.length < appends.length ? `${named.join()} and ${appends.length - named.length} more` : named.join();
};
