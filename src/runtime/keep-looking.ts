import type { Timers } from './world.ts';

type LookOptions = {
  readonly timers: Timers;
  /** The pause after each look. */
  readonly everyMs: number;
  readonly signal: AbortSignal;
};

/** Looks now, and again after each pause, until the signal aborts. Rejects where a look does. */
export const keepLooking = async (
  look: () => void | Promise<void>,
  { timers, everyMs, signal }: LookOptions,
): Promise<void> => {
  while (!signal.aborted) {
    await look();
    await timers.sleep(everyMs, signal, 'look');
  }
};

/** Like `keepLooking`, with a pause before the first look. */
export const lookLater = async (look: () => void | Promise<void>, options: LookOptions): Promise<void> => {
  await options.timers.sleep(options.everyMs, options.signal, 'look');
  await keepLooking(look, options);
};
