export type Throttle = { request(): void; cancel(): void };
type Timing = { now(): number; after(ms: number, run: () => void): () => void };

const REAL: Timing = {
  now: () => performance.now(),
  after: (ms, run) => {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
};

type Pace = {
  /** The average time between runs. */
  readonly betweenMs: number;
  /** Runs that may follow one another soon, after a rest. */
  readonly burst?: number;
};
const SOON_MS = 200;

/** Runs an action on request, at this pace. Requests in the meantime cause one run at the end. */
export const createThrottle = (run: () => void, { betweenMs, burst = 1 }: Pace, timing: Timing = REAL): Throttle => {
  let lastMs = Number.NEGATIVE_INFINITY;
  /** Runs that were saved up when it last ran; each `betweenMs` adds one. */
  let saved = burst;
  let cancelWait: (() => void) | undefined;
  const savedAt = (atMs: number): number => Math.min(burst, saved + Math.max(0, atMs - lastMs) / betweenMs);
  const fire = () => {
    cancelWait = undefined;
    const nowMs = timing.now();
    saved = savedAt(nowMs) - 1;
    lastMs = nowMs;
    run();
  };
  const nextMs = (): number => lastMs + Math.max(Math.min(SOON_MS, betweenMs), Math.ceil((1 - saved) * betweenMs));
  return {
    request: () => {
      if (cancelWait !== undefined) return;
      const restMs = nextMs() - timing.now();
      if (restMs <= 0) fire();
      else cancelWait = timing.after(restMs, fire);
    },
    cancel: () => {
      cancelWait?.();
      cancelWait = undefined;
    },
  };
};
