/** Clocks of the system, each in milliseconds. */
export type SystemClocks = {
  /** Stands still while the machine is suspended. */
  running(): number;
  /** Epoch; may jump. */
  wall(): number;
  /** Since the machine was booted, suspended or not; slow to ask. */
  sinceBoot(): number;
};

/** The wall clock has left the running one by so much: it was put, or the machine was suspended. */
const MOVED_MS = 250;
/** Less may be the grain of the time since boot, which some systems tell in whole seconds. */
const ASLEEP_MS = 1_500;

/**
 * A monotonic clock that goes on while the machine is suspended, so that a lease ends then and the common time goes on.
 * @returns a function that tells it, ms since an arbitrary start
 */
export const createMonotonic = ({ running, wall, sinceBoot }: SystemClocks): (() => number) => {
  const bootedMs = sinceBoot() - running();
  let wallAheadMs = wall() - running();
  let asleepMs = 0;
  return () => {
    const nowMs = running();
    const aheadMs = wall() - nowMs;
    if (Math.abs(aheadMs - wallAheadMs) > MOVED_MS) {
      wallAheadMs = aheadMs;
      const missedMs = sinceBoot() - running() - bootedMs;
      if (missedMs - asleepMs > ASLEEP_MS) asleepMs = missedMs;
    }
    return nowMs + asleepMs;
  };
};
