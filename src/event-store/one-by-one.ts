import { WrongExpectedRevision } from './errors.ts';
import type { EventStore } from './port.ts';

/** Implements `appendInOrder` for a log that cannot make several appends at once. */
export const oneByOne =
  (append: EventStore['append']): EventStore['appendInOrder'] =>
  async (appends, onMade) => {
    const made = [];
    for (const each of appends) {
      try {
        made.push(await append(each));
        onMade?.(each);
      } catch (error) {
        if (error instanceof WrongExpectedRevision) break;
        throw error;
      }
    }
    return made;
  };
