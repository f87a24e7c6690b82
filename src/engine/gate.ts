import { comparePositions, LOG_START, type Position } from '../event-store/port.ts';
import type { EngineSetup } from './context.ts';
import { readWithRetry } from './read-with-retry.ts';

/** Keeps an engine from claiming before it has seen all that the log held at some moment. */
export type Gate = {
  /**
   * Shuts the gate until the subscription has passed the log's end, which is read now. Resolves when it is open again.
   */
  shut(): Promise<void>;
  /** Notes that the subscription begins after this position, or at the beginning of the log. */
  follow(after: Position | undefined): void;
  /** Notes how far the subscription has come. */
  reach(position: Position): void;
  /** How far the subscription has come; undefined until it begins. */
  reached(): Position | undefined;
  isOpen(): boolean;
};

export const createGate = ({ store, world }: EngineSetup): Gate => {
  let reached: Position | undefined;
  let shut: { end: Position | undefined; readonly opened: PromiseWithResolvers<void> } | undefined;

  const look = (): void => {
    if (shut?.end === undefined || comparePositions(reached ?? LOG_START, shut.end) < 0) return;
    const { opened } = shut;
    shut = undefined;
    opened.resolve();
  };

  const reach = (position: Position): void => {
    reached = position;
    look();
  };

  return {
    shut: async () => {
      // A gate that was shut before opens once the later end is passed.
      const { opened } = shut ?? { opened: Promise.withResolvers<void>() };
      const mine: typeof shut = { end: undefined, opened };
      shut = mine;
      mine.end = (await readWithRetry(world, () => store.end())) ?? LOG_START;
      look();
      await opened.promise;
    },
    follow: (after) => reach(after ?? LOG_START),
    reach,
    reached: () => reached,
    isOpen: () => shut === undefined,
  };
};
