import { appendSurely } from '../event-store/append-surely.ts';
import { type Append, type AppendResult, comparePositions, type EventStore, LOG_START } from '../event-store/port.ts';
import type { World } from '../world.ts';
import { LogCopyFailed } from './errors.ts';

/** What is under way at the most: enough that neither kind of log waits for the other side. */
const WINDOW = { appends: 512, bytes: 8 * 1_048_576 } as const;

export type InOrder = {
  /** Resolves when there is room for another. */
  append(append: Append, sizeBytes: number): Promise<void>;
  /** Resolves when all that was handed in is appended. */
  flush(): Promise<void>;
};

/**
 * Appends with a window of others under way, since a log takes appends in the order they are sent. One whose answer
 * is lost is made again, perhaps after those behind it: that is found by its position.
 * @throws LogCopyFailed OUT_OF_ORDER
 */
export const createInOrder = (
  copy: Pick<EventStore, 'append'>,
  world: Pick<World, 'random' | 'timers' | 'log'>,
): InOrder => {
  const window: { readonly answer: Promise<AppendResult>; readonly sizeBytes: number }[] = [];
  let bytes = 0;
  let reached = LOG_START;
  const settleFirst = async (): Promise<void> => {
    const first = window.shift();
    if (first === undefined) return;
    bytes -= first.sizeBytes;
    const { position } = await first.answer;
    if (comparePositions(position, reached) <= 0) {
      throw new LogCopyFailed(
        'OUT_OF_ORDER',
        'answers were lost and events came to stand in another order: copy again to an empty target',
      );
    }
    reached = position;
  };
  return {
    append: async (one, sizeBytes) => {
      const answer = appendSurely(copy, one, { world });
      // Heard of when its turn comes.
      answer.catch(() => {});
      window.push({ answer, sizeBytes });
      bytes += sizeBytes;
      if (window.length < WINDOW.appends && bytes < WINDOW.bytes) return;
      // Half of it, so that what follows goes together again.
      while (window.length > WINDOW.appends / 2 || bytes > WINDOW.bytes / 2) await settleFirst();
    },
    flush: async () => {
      while (window.length > 0) await settleFirst();
    },
  };
};
