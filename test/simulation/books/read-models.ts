import { isDeepStrictEqual } from 'node:util';
import { comparePositions, LOG_START, type RecordedEvent } from '../../../src/event-store/port.ts';
import { createReadModels } from '../read-models.ts';
import type { Run } from '../simulate.ts';

/** A page or two may be under way. */
const MAX_BEHIND = 20;

/**
 * What the projector built in pieces, with repeats, is what one fold of the log so far gives; so is what a rebuild makes
 * of the events that retention left.
 */
export const checkReadModels = ({ events, eventsLeft, readModels }: Run): string[] => {
  const { rows, checkpoint = LOG_START } = readModels;
  const isTaken = ({ position }: RecordedEvent): boolean => comparePositions(position, checkpoint) <= 0;
  const fold = (all: readonly RecordedEvent[]): unknown => {
    const fresh = createReadModels();
    fresh.apply(all.filter(isTaken));
    return fresh.rows();
  };
  const behind = events.filter((event) => !isTaken(event)).length;
  return [
    ...(isDeepStrictEqual(rows, fold(events)) ? [] : ['the read models differ from a fresh fold of the log']),
    ...(isDeepStrictEqual(rows, fold(eventsLeft)) ? [] : ['the read models differ from a rebuild of what is left']),
    ...(behind <= MAX_BEHIND ? [] : [`the read models are ${behind} events behind`]),
  ];
};
