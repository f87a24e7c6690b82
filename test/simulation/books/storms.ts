import type { Run } from '../simulate.ts';

const MOST_IN_A_SECOND = 40;

/** Whoever loses an append and learns nothing new by it pauses before the next one. */
export const checkStorms = ({ refusals }: Run): string[] => {
  const seconds = Map.groupBy(refusals, ({ atMs, stream }) => `${stream} in second ${Math.floor(atMs / 1_000)}`);
  return [...seconds].flatMap(([which, lost]) =>
    lost.length <= MOST_IN_A_SECOND ? [] : [`${lost.length} appends were made in vain to ${which}`],
  );
};
