import { isDeepStrictEqual } from 'node:util';
import { comparePositions, LOG_START } from '../../../src/event-store/port.ts';
import { createReadModels } from '../read-models.ts';
import type { Run } from '../simulate.ts';

/** A page or two may be under way. */
const MAX_BEHIND = 20;

/** What the projector built in pieces, with repeats, is what one fold of the log so far gives. */
export const checkReadModels = ({ events, readModels }: Run): string[] => {
  const { rows, checkpoint = LOG_START } = readModels;
  const fresh = createReadModels();
  fresh.apply(events.filter(({ position }) => comparePositions(position, checkpoint) <= 0));
  const behind = events.filter(({ position }) => comparePositions(position, checkpoint) > 0).length;
  return [
    ...(isDeepStrictEqual(rows, fresh.rows()) ? [] : ['the read models differ from a fresh fold of the log']),
    ...(behind <= MAX_BEHIND ? [] : [`the read models are ${behind} events behind`]),
  ];
};
