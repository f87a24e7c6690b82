export type Throttle = { ask(): void; cancel(): void };
type Timing = { now(): number; after(ms: number, run: () => void): () => void };

const REAL: Timing = {
  now: () => performance.now(),
  after: (ms, run) => {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
};

/** Runs an action when asked, but at most once in so many ms; what is asked meanwhile is one run at the end of them. */
export const createThrottle = (run: () => void, betweenMs: number, timing: Timing = REAL): Throttle => {
  let lastMs = Number.NEGATIVE_INFINITY;
  let cancelWait: (() => void) | undefined;
  const fire = () => {
    cancelWait = undefined;
    lastMs = timing.now();
    run();
  };
  return {
    ask: () => {
      if (cancelWait !== undefined) return;
      const restMs = lastMs + betweenMs - timing.now();
      if (restMs <= 0) fire();
      else cancelWait = timing.after(restMs, fire);
    },
    cancel: () => {
      cancelWait?.();
      cancelWait = undefined;
    },
  };
};
