import { AppendUnanswered, WrongExpectedRevision } from './errors.ts';
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

/** Implements `appendEach` for such a log: all appends are in flight together. */
export const sideBySide =
  (append: EventStore['append']): EventStore['appendEach'] =>
  async (appends) => {
    const errorOf = (error: unknown): Error => {
      if (error instanceof Error) return error;
      throw error;
    };
    const answers = await Promise.all(appends.map((each) => append(each).catch(errorOf)));
    const unanswered = answers.find((answer) => answer instanceof AppendUnanswered);
    if (unanswered !== undefined) throw unanswered;
    return answers;
  };
