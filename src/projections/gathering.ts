import type { Timers } from '../runtime/runtime.ts';

/** What determines how long a batch waits for more events. */
type Gathered = {
  readonly events: readonly unknown[];
  /** Executions that its events begin and do not end. */
  readonly begun: ReadonlySet<number>;
  /** Whether it has requests for executions. */
  readonly hasRequests: boolean;
  /** Whether it has anything other than these, what follows from them, and positions. */
  readonly hasOthers: boolean;
};

/** Lets a batch wait for more events, to write them together. */
export type Gathering = {
  /** Returns how long the batch can wait, ms; 0 if not at all. Called again when the batch grows. */
  waitMs(batch: Gathered): number;
  /** Resolves after this time, or before if the batch is needed now. */
  sleep(waitMs: number, isOver: AbortSignal): Promise<void>;
};

/** How long a batch without events waits. It only moves the position, and the next batch moves it further. */
const QUIET_MS = 50;
/** How far read models can be behind so that an execution that ends within this time is written once. */
const ENDS_WITHIN_MS = 700;
/** How long requests for executions wait, ms: their calls go first. */
const CALLS_FIRST_MS = 5;
/** How far read models of texts can lag to save transactions: each transaction rewrites whole tiles. */
const TEXTS_WAIT_MS = 5_000;

export const waitForEvents: Gathering['waitMs'] = ({ events, hasOthers }) =>
  events.length > 0 || hasOthers ? 0 : QUIET_MS;

/**
 * Claims and outcomes wait until the executions have ended. Other changes are not delayed, because a request may wait for
 * them.
 */
export const waitForEnds =
  (maxEvents: number): Gathering['waitMs'] =>
  (batch) => {
    if (batch.hasOthers || batch.events.length >= maxEvents / 2) return waitForEvents(batch);
    if (batch.hasRequests) return CALLS_FIRST_MS;
    return batch.begun.size > 0 ? ENDS_WITHIN_MS : waitForEvents(batch);
  };

/** Texts wait until the batch is full: no request waits for them. */
export const waitForTexts =
  (maxEvents: number): Gathering['waitMs'] =>
  ({ events }) =>
    events.length < maxEvents ? TEXTS_WAIT_MS : 0;

/**
 * Returns sleeps that a flush ends. A flush also skips the next sleep, because the awaited event may be in the following
 * batch. The first sleep is skipped.
 */
export const createFlushableSleep = (timers: Timers, signal: AbortSignal) => {
  let flushing = new AbortController();
  flushing.abort();
  return {
    flush: (): void => flushing.abort(),
    sleep: async (waitMs: number, isOver: AbortSignal): Promise<void> => {
      if (flushing.signal.aborted) flushing = new AbortController();
      else await timers.sleep(waitMs, AbortSignal.any([signal, isOver, flushing.signal]), 'gather');
    },
  };
};
