import { appendSurely } from '../event-store/append-surely.ts';
import { type Append, comparePositions, type EventStore, LOG_START } from '../event-store/port.ts';
import type { World } from '../world.ts';
import { LogCopyFailed } from './errors.ts';

const WINDOW = { appends: 256, bytes: 8 * 1_048_576 } as const;

export type InOrder = {
  /** Resolves when there is room for another. */
  append(append: Append, sizeBytes: number): Promise<void>;
  /** Resolves when all that was handed in is appended. */
  flush(): Promise<void>;
};

/**
 * Appends a window at a time, all of it at once, since a log takes appends in the order they are sent. One whose answer
 * is lost is made again, perhaps after those behind it: that is found by its position.
 * @throws LogCopyFailed OUT_OF_ORDER
 */
export const createInOrder = (
  copy: Pick<EventStore, 'append'>,
  world: Pick<World, 'random' | 'timers' | 'log'>,
): InOrder => {
  let window: Append[] = [];
  let bytes = 0;
  let reached = LOG_START;
  const flush = async (): Promise<void> => {
    const appends = window;
    window = [];
    bytes = 0;
    for (const { position } of await Promise.all(appends.map((one) => appendSurely(copy, one, { world })))) {
      if (comparePositions(position, reached) <= 0) {
        throw new LogCopyFailed(
          'OUT_OF_ORDER',
          'answers were lost and events came to stand in another order: copy again to an empty target',
        );
      }
      reached = position;
    }
  };
  return {
    append: async (one, sizeBytes) => {
      window.push(one);
      bytes += sizeBytes;
      if (window.length >= WINDOW.appends || bytes >= WINDOW.bytes) await flush();
    },
    flush,
  };
};
