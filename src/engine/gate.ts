import { comparePositions, type EventStore, LOG_START, type Position } from '../event-store/port.ts';
import type { World } from '../runtime/world.ts';
import { readSurely } from './read-surely.ts';

/** Keeps an engine from claiming before it has seen all that the log held at some moment. */
export type Gate = {
  /**
   * Shuts the gate until the subscription has passed the log's end, which is read now. Resolves when it is open again.
   */
  shut(): Promise<void>;
  /** Notes how far the subscription has come. */
  reach(position: Position): void;
  reached(): Position;
  isOpen(): boolean;
};

type GateWait = { end: Position | undefined; readonly opened: () => void };

export const createGate = ({ store, world }: { store: Pick<EventStore, 'end'>; world: World }): Gate => {
  let reached = LOG_START;
  let shut: GateWait | undefined;

  const look = (): void => {
    if (shut?.end === undefined || comparePositions(reached, shut.end) < 0) return;
    const { opened } = shut;
    shut = undefined;
    opened();
  };

  return {
    shut: async () => {
      const before = shut;
      const { promise, resolve } = Promise.withResolvers<void>();
      const mine: GateWait = {
        end: undefined,
        opened: () => {
          before?.opened();
          resolve();
        },
      };
      shut = mine;
      mine.end = (await readSurely(world, () => store.end())) ?? LOG_START;
      look();
      await promise;
    },
    reach: (position) => {
      reached = position;
      look();
    },
    reached: () => reached,
    isOpen: () => shut === undefined,
  };
};
