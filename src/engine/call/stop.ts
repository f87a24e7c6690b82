import type { Timers } from '../../world.ts';

/** Why a call has to end before its answer is there. */
export type StopReason = 'deadline' | 'aborted';

/** Ends a call, whatever it is waiting for at that moment. */
export type Stop = {
  readonly reason: () => StopReason | undefined;
  /** Whoever waits now is told; one at a time. */
  listen(run: (() => void) | undefined): void;
  /** Forgets timer and signal. */
  release(): void;
};

// Thousands of calls share the engine's signal, and EventTarget keeps its listeners in a list that it walks for each
// one added or removed. So a signal gets one listener, and calls stand in a set.
const waiting = new WeakMap<AbortSignal, Set<() => void>>();

const onAbort = (signal: AbortSignal, run: () => void): (() => void) => {
  let calls = waiting.get(signal);
  if (calls === undefined) {
    const added = new Set<() => void>();
    const stopAll = (): void => {
      for (const each of added) each();
    };
    signal.addEventListener('abort', stopAll, { once: true });
    waiting.set(signal, added);
    calls = added;
  }
  const listeners = calls;
  listeners.add(run);
  return () => listeners.delete(run);
};

export const createStop = (timers: Timers, timeoutMs: number, signal: AbortSignal): Stop => {
  let reason: StopReason | undefined = signal.aborted ? 'aborted' : undefined;
  let listener: (() => void) | undefined;
  const stop = (why: StopReason): void => {
    if (reason !== undefined) return;
    reason = why;
    listener?.();
  };
  const cancelTimer = timers.after(timeoutMs, () => stop('deadline'));
  const forgetSignal = onAbort(signal, () => stop('aborted'));
  return {
    reason: () => reason,
    listen(run) {
      listener = run;
      if (reason !== undefined) run?.();
    },
    release() {
      cancelTimer();
      forgetSignal();
    },
  };
};

/** Thrown inside a call to leave it; the stop knows why. */
export class CallStopped extends Error {
  override readonly name = 'CallStopped';
}

/** The promise's outcome, unless the call is stopped before it. */
export const untilStopped = <T>(stop: Stop, promise: Promise<T>): Promise<T> =>
  new Promise((resolve, reject) => {
    stop.listen(() => reject(new CallStopped()));
    promise.then(resolve, reject).finally(() => stop.listen(undefined));
  });
