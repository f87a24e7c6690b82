import { type Backoff, backoffMs, randomlyShortened } from '../backoff.ts';
import type { World } from '../world.ts';
import { AppendUnanswered } from './errors.ts';
import type { Append, AppendResult, EventStore } from './port.ts';

const RETRY: Backoff = { firstMs: 50, longestMs: 5_000 };

type RetryOptions = { readonly world: Pick<World, 'timers' | 'random' | 'log'>; readonly signal?: AbortSignal };

/**
 * Makes an append whose answer can't be lost: the very same one, with the same ids, is made again until the log says
 * whether it won. Whoever calls this appends nothing else to the stream meanwhile (see lanes.ts).
 * @throws WrongExpectedRevision, StreamDeleted when it lost, for good
 * @throws AppendUnanswered only when the signal aborted before there was an answer
 */
export const appendSurely = (
  store: Pick<EventStore, 'append'>,
  append: Append,
  how: RetryOptions,
): Promise<AppendResult> => untilAnswered(append.stream, () => store.append(append), how);

/** The same for appends that are made in order; they may be made again from the first one on. */
export const appendInOrderSurely = (
  store: Pick<EventStore, 'appendInOrder'>,
  appends: readonly Append[],
  how: RetryOptions,
): Promise<readonly AppendResult[]> =>
  untilAnswered(appends.map(({ stream }) => stream).join(), () => store.appendInOrder(appends), how);

const untilAnswered = async <T>(
  stream: string,
  append: () => Promise<T>,
  { world, signal }: RetryOptions,
): Promise<T> => {
  for (let retry = 1; ; retry++) {
    try {
      return await append();
    } catch (error) {
      if (!(error instanceof AppendUnanswered) || signal?.aborted) throw error;
      // The store tells of an outage, once.
      world.log.debug({ stream, error }, 'the log did not answer an append: making it again');
      await world.timers.sleep(randomlyShortened(backoffMs(retry, RETRY), world.random), signal);
      if (signal?.aborted) throw error;
    }
  }
};
