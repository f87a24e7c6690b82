/** When calls of one limit began, as far back as its rate looks; monotonic ms. */
export type RecentStarts = {
  add(atMs: number): void;
  /** How many began after `sinceMs`. Earlier ones are forgotten. */
  countSince(sinceMs: number): number;
  /** When the nth one after `sinceMs` began; undefined where there are fewer. */
  nthSince(sinceMs: number, nth: number): number | undefined;
};

/** Forgotten entries are cut off once there are so many. */
const CUT_AT = 1_024;

export const createRecentStarts = (): RecentStarts => {
  let times: number[] = [];
  /** Index of the first that still counts. */
  let first = 0;

  const forget = (sinceMs: number): void => {
    while (first < times.length && (times[first] ?? 0) <= sinceMs) first++;
    if (first < CUT_AT) return;
    times = times.slice(first);
    first = 0;
  };

  return {
    add: (atMs) => {
      let index = times.length;
      while (index > first && (times[index - 1] ?? 0) > atMs) index--;
      times.splice(index, 0, atMs);
    },
    countSince: (sinceMs) => {
      forget(sinceMs);
      return times.length - first;
    },
    nthSince: (sinceMs, nth) => {
      forget(sinceMs);
      return times[first + nth - 1];
    },
  };
};
