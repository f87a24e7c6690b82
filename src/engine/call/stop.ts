import type { Timers } from '../../runtime/runtime.ts';

/** Why a call must end before its answer has come. */
export type StopReason = 'deadline' | 'aborted';

/** Ends a call early, on its deadline or when it is aborted. */
export type Stop = {
  readonly reason: () => StopReason | undefined;
  /** Sets the function to run on the stop, one at a time. It runs at once if the call is stopped already. */
  listen(run: (() => void) | undefined): void;
  abort(): void;
  /** Sets the deadline `timeoutMs` from now. */
  startDeadline(timeoutMs: number): void;
  /** Cancels the timer and stops listening to the signal. */
  release(): void;
};

/** Creates the stop of one call. */
export const createStop = (timers: Timers, signal?: AbortSignal): Stop => {
  let reason: StopReason | undefined = signal?.aborted ? 'aborted' : undefined;
  let listener: (() => void) | undefined;
  let cancelTimer: (() => void) | undefined;
  const stop = (why: StopReason): void => {
    if (reason !== undefined) return;
    reason = why;
    listener?.();
  };
  const abort = (): void => stop('aborted');
  signal?.addEventListener('abort', abort);
  return {
    reason: () => reason,
    listen(run) {
      listener = run;
      if (reason !== undefined) run?.();
    },
    abort,
    startDeadline: (timeoutMs) => {
      cancelTimer = timers.after(timeoutMs, () => stop('deadline'));
    },
    release() {
      cancelTimer?.();
      signal?.removeEventListener('abort', abort);
    },
  };
};

/** Thrown inside a call that was stopped; `Stop.reason` tells why. */
export class CallStopped extends Error {
  override readonly name = 'CallStopped';
}

/** Waits for a promise. @throws CallStopped if the call is stopped first */
export const untilStopped = <T>(stop: Stop, promise: Promise<T>): Promise<T> =>
  new Promise((resolve, reject) => {
    stop.listen(() => reject(new CallStopped()));
    promise.then(resolve, reject).finally(() => stop.listen(undefined));
  });
