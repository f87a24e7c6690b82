import { type Backoff, backoffMs, withFullJitter } from '../runtime/retry.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { AppendUnconfirmed, WrongExpectedRevision } from './errors.ts';
import type { Append, AppendEach, AppendResult, EventStore, OnMade } from './port.ts';

const RETRY: Backoff = { firstMs: 50, longestMs: 5_000 };

type RetryOptions = { readonly world: Runtime; readonly signal?: AbortSignal };

/**
 * Appends, and retries the same append with the same event ids until the log responds. The caller must not append anything
 * else to the stream in the meantime (see `createStreamQueues`).
 * @throws WrongExpectedRevision, StreamDeleted if the append failed
 * @throws AppendUnconfirmed only if the signal aborts before there is a response
 */
export const appendWithRetry = (store: EventStore, append: Append, how: RetryOptions): Promise<AppendResult> =>
  appendUntilConfirmed(append.stream, () => store.append(append), how);

/** Like `appendWithRetry`, for a batch of appends. Resolves when all have a response. */
export const appendEachWithRetry = (
  appendEach: AppendEach,
  appends: readonly Append[],
  how: RetryOptions,
): Promise<readonly (AppendResult | Error)[]> =>
  appendUntilConfirmed(`${appends.length} streams`, () => appendEach(appends), how);

/** Like `appendWithRetry`, for appends in order. A retry begins with the first of them, and calls `made` again. */
export const appendInOrderWithRetry = (
  store: EventStore,
  appends: readonly Append[],
  { made, ...how }: RetryOptions & { readonly made?: OnMade },
): Promise<readonly AppendResult[]> =>
  appendUntilConfirmed(appends.map(({ stream }) => stream).join(), () => store.appendInOrder(appends, made), how);

const appendUntilConfirmed = async <T>(
  stream: string,
  append: () => Promise<T>,
  { world, signal }: RetryOptions,
): Promise<T> => {
  for (let retry = 1; ; retry++) {
    try {
      return await append();
    } catch (error) {
      if (!(error instanceof AppendUnconfirmed) || signal?.aborted) throw error;
      // Debug level only: the store itself logs an outage, once.
      world.log.debug({ stream, error }, 'the log did not respond to an append; retrying');
      await world.timers.sleep(withFullJitter(backoffMs(retry, RETRY), world.random), signal);
      if (signal?.aborted) throw error;
    }
  }
};

/** Runs the appends of each stream one after another. */
export type StreamQueues = {
  /** Runs after every earlier call for this stream has ended, successfully or not. */
  enqueue<T>(stream: string, run: () => Promise<T>): Promise<T>;
  /** Whether no call for this stream is running. */
  isFree(stream: string): boolean;
  /** Runs once for streams that are all free. Later calls for any of them run after it. */
  forEach<T>(streams: readonly string[], run: () => Promise<T>): Promise<T>;
};

/**
 * Creates the queues of a process. Running a stream's appends one after another keeps the process from competing with
 * itself, and makes later appends wait for an unconfirmed one. A stream without running calls takes no memory.
 */
export const createStreamQueues = (): StreamQueues => {
  const tails = new Map<string, Promise<unknown>>();

  const hold = (streams: readonly string[], turn: Promise<unknown>): void => {
    for (const stream of streams) tails.set(stream, turn);
    const leave = () => {
      for (const stream of streams) if (tails.get(stream) === turn) tails.delete(stream);
    };
    turn.then(leave, leave);
  };

  return {
    enqueue: (stream, run) => {
      const before = tails.get(stream);
      const turn = before === undefined ? run() : before.then(run, run);
      hold([stream], turn);
      return turn;
    },
    isFree: (stream) => !tails.has(stream),
    forEach: (streams, run) => {
      const turn = run();
      hold(streams, turn);
      return turn;
    },
  };
};

/** Implements `appendEach` for a log that confirms each append by itself: all are in progress simultaneously. */
export const sideBySide =
  (append: EventStore['append']): AppendEach =>
  async (appends) => {
    const results = await Promise.all(appends.map((each) => append(each).catch(errorOf)));
    const failed = results.find((response) => response instanceof AppendUnconfirmed);
    if (failed !== undefined) throw failed;
    return results;
  };

const errorOf = (error: unknown): Error => {
  if (error instanceof Error) return error;
  throw error;
};

/** Implements `appendInOrder` for a log that can't make several appends together. */
export const oneByOne =
  (append: EventStore['append']): EventStore['appendInOrder'] =>
  async (appends, onMade) => {
    const made = [];
    for (const each of appends) {
      try {
        const result = await append(each);
        made.push(result);
        onMade?.(each, result);
      } catch (error) {
        if (error instanceof WrongExpectedRevision) break;
        throw error;
      }
    }
    return made;
  };
