import type { Timers } from '../../runtime/runtime.ts';

/** Why a call must end before its response has come. */
type StopReason = 'deadline' | 'aborted';

/** Ends a call early, on its deadline or when it is aborted. */
export class Stop {
  private readonly timers: Timers;
  private readonly signal: AbortSignal | undefined;
  private why: StopReason | undefined;
  private listener: (() => void) | undefined;
  private cancelTimer: (() => void) | undefined;
  private onAbort: (() => void) | undefined;

  constructor(timers: Timers, signal?: AbortSignal) {
    this.timers = timers;
    this.signal = signal;
    if (signal === undefined) return;
    if (signal.aborted) this.why = 'aborted';
    this.onAbort = () => this.abort();
    signal.addEventListener('abort', this.onAbort);
  }

  reason(): StopReason | undefined {
    return this.why;
  }

  /** Sets the function to run on the stop, one at a time. It runs at once if the call is stopped already. */
  listen(run: (() => void) | undefined): void {
    this.listener = run;
    if (this.why !== undefined) run?.();
  }

  abort(): void {
    this.stop('aborted');
  }

  /** Sets the deadline `timeoutMs` from now. */
  startDeadline(timeoutMs: number): void {
    this.cancelTimer = this.timers.after(timeoutMs, () => this.stop('deadline'));
  }

  /** Cancels the timer and stops listening to the signal. */
  release(): void {
    this.cancelTimer?.();
    if (this.onAbort !== undefined) this.signal?.removeEventListener('abort', this.onAbort);
  }

  private stop(why: StopReason): void {
    if (this.why !== undefined) return;
    this.why = why;
    this.listener?.();
  }
}

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
