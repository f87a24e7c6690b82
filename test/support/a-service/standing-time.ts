import type { Clock, Timers } from '../../../src/world.ts';

type Timer = { readonly dueMs: number; readonly order: number; readonly run: () => void; readonly set: Error };

/** Time that stands still until it is moved. */
export type StandingTime = {
  readonly clock: Clock;
  readonly timers: Timers;
  /** When the next timer is due, epoch ms; infinity where none waits. */
  nextMs(): number;
  /** Puts the clock to this instant, and runs what is due by then in order. */
  moveTo(atMs: number): void;
  /** What waits for a time, soonest first: when it is due, and which line of `src` waits. */
  waiting(): readonly { readonly dueMs: number; readonly line: string }[];
};

/** @param startMs epoch ms, as all its times */
export const createStandingTime = (startMs: number): StandingTime => {
  let nowMs = startMs;
  let order = 0;
  const waiting = new Set<Timer>();
  const inOrder = (): Timer[] => [...waiting].sort((a, b) => a.dueMs - b.dueMs || a.order - b.order);

  const runDue = (): void => {
    for (const timer of inOrder()) {
      if (timer.dueMs > nowMs) return;
      // One that ran before may have cancelled it.
      if (waiting.delete(timer)) timer.run();
    }
  };
  const timers: Timers = {
    after(delayMs, run) {
      const timer = { dueMs: nowMs + Math.max(0, Math.ceil(delayMs)), order: order++, run, set: new Error() };
      waiting.add(timer);
      // What waits for no time yields to others, and goes on while time stands.
      if (timer.dueMs === nowMs) setImmediate(runDue);
      return () => waiting.delete(timer);
    },
    sleep: (delayMs, signal) =>
      new Promise((resolve) => {
        if (signal?.aborted) return resolve();
        const done = () => {
          cancel();
          signal?.removeEventListener('abort', done);
          resolve();
        };
        const cancel = timers.after(delayMs, done);
        signal?.addEventListener('abort', done);
      }),
  };
  return {
    clock: { now: () => nowMs, monotonic: () => nowMs - startMs },
    timers,
    nextMs: () => Math.min(...[...waiting].map(({ dueMs }) => dueMs)),
    moveTo: (atMs) => {
      nowMs = Math.max(nowMs, atMs);
      runDue();
    },
    waiting: () => inOrder().map(({ dueMs, set }) => ({ dueMs, line: lineOf(set) })),
  };
};

/** The line of `src` that set a timer, past the ways there that all share. */
const lineOf = ({ stack = '' }: Error): string => {
  const lines = [...stack.matchAll(/\bsrc\/\S+?:\d+/g)].map(([line]) => line);
  return lines.find((line) => !line.includes('src/within.ts')) ?? 'a line of the test';
};
