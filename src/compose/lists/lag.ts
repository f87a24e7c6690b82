import { comparePositions, type Position } from '../../event-store/port.ts';

/**
 * Knows since when lists are behind the log. It is shown the end of the log from time to time: a list that has not come
 * to an end by now lacks what was recorded when that end was seen, so the lag is never overstated.
 */
export type ListLag = {
  /** Notes where the log ended at an instant. Any clock will do for `atMs`. */
  seeEnd(end: Position, atMs: number): void;
  /** Since when lists that show the log up to this position lack something; undefined if nothing that was seen. */
  behindSinceMs(reached: Position): number | undefined;
};

type SeenEnd = { readonly end: Position; readonly atMs: number };

/** Of more ends than this each second one is forgotten. Lists that catch up then seem a little less behind. */
const MOST_SEEN = 2_000;

export const createListLag = (): ListLag => {
  /** The ends that lists had not come to when last asked, oldest first. */
  let unreached: SeenEnd[] = [];
  return {
    seeEnd: (end, atMs) => {
      if (unreached.at(-1)?.end === end) return;
      unreached.push({ end, atMs });
      if (unreached.length > MOST_SEEN) unreached = unreached.filter((_, index) => index % 2 === 0);
    },
    behindSinceMs: (reached) => {
      const first = unreached.findIndex(({ end }) => comparePositions(end, reached) > 0);
      if (first !== 0) unreached = first === -1 ? [] : unreached.slice(first);
      return unreached[0]?.atMs;
    },
  };
};
