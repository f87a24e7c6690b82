import { appendSurely } from '../event-store/append-surely.ts';
import { type Append, type AppendResult, comparePositions, type EventStore, LOG_START } from '../event-store/port.ts';
import type { World } from '../runtime/world.ts';
import { outOfOrder } from './errors.ts';

/** The maximum of appends under way: enough to keep both kinds of logs busy. */
const WINDOW = { appends: 512, bytes: 8 * 1_048_576 } as const;

export type OrderedWriter = {
  /** Starts an append. Resolves when there is room for the next one. */
  append(append: Append, sizeBytes: number): Promise<void>;
  /** Resolves when all appends have ended. */
  flush(): Promise<void>;
};

/**
 * Creates a writer that keeps many appends under way. A log executes appends in the order in which they are sent. If an
 * answer is lost, that append is repeated, perhaps after later ones; its position shows if the order is broken.
 * @throws LogCopyFailed OUT_OF_ORDER
 */
export const createOrderedWriter = (
  copy: Pick<EventStore, 'append'>,
  world: Pick<World, 'random' | 'timers' | 'log'>,
): OrderedWriter => {
  const window: { readonly answer: Promise<AppendResult>; readonly sizeBytes: number }[] = [];
  let bytes = 0;
  let reached = LOG_START;
  const awaitFirst = async (): Promise<void> => {
    const first = window.shift();
    if (first === undefined) return;
    bytes -= first.sizeBytes;
    const { position } = await first.answer;
    if (comparePositions(position, reached) <= 0) throw outOfOrder();
    reached = position;
  };
  return {
    append: async (append, sizeBytes) => {
      const answer = appendSurely(copy, append, { world });
      // A failure is reported when the append is the first in the window.
      answer.catch(() => {});
      window.push({ answer, sizeBytes });
      bytes += sizeBytes;
      if (window.length < WINDOW.appends && bytes < WINDOW.bytes) return;
      // Waits until half of the window is free, so that the next appends are sent together again.
      while (window.length > WINDOW.appends / 2 || bytes > WINDOW.bytes / 2) await awaitFirst();
    },
    flush: async () => {
      while (window.length > 0) await awaitFirst();
    },
  };
};
