/** Finds slots, without regard to when a job's schedule starts and ends. All in epoch ms. */
export type SlotFinder = {
  /** The first slot after `afterMs` and before `untilMs`. */
  readonly first: (span: { readonly afterMs: number; readonly untilMs: number }) => number | undefined;
  /** The last slot up to `atMs` and after `afterMs`. */
  readonly last: (span: { readonly atMs: number; readonly afterMs: number }) => number | undefined;
  /** How many slots there are from one to another, both included. Absent if they can only be counted one by one. */
  readonly countBetween?: (firstMs: number, lastMs: number) => number;
  /** The wall-clock times that fire once each. Absent if slots go by elapsed time. */
  readonly walls?: Walls;
};

/** Finds wall-clock times: milliseconds as if the wall clock showed UTC. */
export type Walls = {
  /** The first one at or after `fromMs` and before `untilMs`. */
  readonly first: (fromMs: number, untilMs: number) => number | undefined;
  /** The last one at or before `toMs` and at or after `fromMs`. */
  readonly last: (toMs: number, fromMs: number) => number | undefined;
};
