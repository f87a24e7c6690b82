export type Throttle = { ask(): void; cancel(): void };
type Timing = { now(): number; after(ms: number, run: () => void): () => void };

const REAL: Timing = {
  now: () => performance.now(),
  after: (ms, run) => {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
};

/** Runs an action on request, at most once per `betweenMs`. Requests in the meantime cause one run at the end. */
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
