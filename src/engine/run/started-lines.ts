import type { Timers } from '../../runtime/world.ts';

/** Longer than it takes to hand a thousand calls to their connections; what they are said by then is sent in the same turn. */
const AFTER_MS = 20;

/**
 * Writes the lines that say that executions started. They wait until the calls that are due with them are out: writing a
 * line takes a fourth of what sending a call takes, and the next call would be later by it.
 */
export type StartedLines = {
  /** Writes this line soon, and before any line that is added later. */
  add(write: () => void): void;
  /** Writes the lines that wait, since what comes now is to stand after them. */
  flush(): void;
};

export const createStartedLines = (timers: Pick<Timers, 'after'>): StartedLines => {
  let waiting: (() => void)[] = [];
  const flush = (): void => {
    const lines = waiting;
    waiting = [];
    for (const write of lines) write();
  };
  return {
    add: (write) => {
      if (waiting.push(write) === 1) timers.after(AFTER_MS, flush);
    },
    flush,
  };
};
