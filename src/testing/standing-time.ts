import { type Clock, createSleep, type Timers } from '../runtime/runtime.ts';

type Timer = {
  readonly dueMs: number;
  readonly order: number;
  readonly run: () => void;
  readonly isLook: boolean;
  /** Made where it was set. */
  readonly set: Error;
};

/** Time that stands still until it is moved. */
export type StandingTime = {
  readonly clock: Clock;
  readonly timers: Timers;
  /** When something falls due next, epoch ms; infinity where nothing does. */
  nextMs(): number;
  /** Puts the clock to this instant, and makes the looks that have been left out until then. */
  moveTo(atMs: number): void;
  /** Runs what has fallen due, in order. */
  runDue(): void;
  /** What waits for a time, soonest first: when it is due, and which line of `src` waits. */
  waiting(): readonly { readonly dueMs: number; readonly line: string }[];
};

/** @param startMs epoch ms, as all its times */
export const createStandingTime = (startMs: number): StandingTime => {
  let nowMs = startMs;
  let order = 0;
  const waiting = new Set<Timer>();
  const inOrder = (): Timer[] => [...waiting].sort((a, b) => a.dueMs - b.dueMs || a.order - b.order);

  const run = (timers: readonly Timer[]): void => {
    // One that ran before may have cancelled it.
    for (const timer of timers) if (waiting.delete(timer)) timer.run();
  };
  const due = (): Timer[] => inOrder().filter(({ dueMs }) => dueMs <= nowMs);
  const after: Timers['after'] = (delayMs, run, purpose) => {
    const dueMs = purpose === 'gather' ? nowMs : nowMs + Math.max(0, Math.ceil(delayMs));
    const timer = { dueMs, order: order++, run, isLook: purpose === 'look', set: new Error() };
    waiting.add(timer);
    // What waits for no time yields to others, and goes on while time stands.
    if (dueMs === nowMs) setImmediate(runDue);
    return () => waiting.delete(timer);
  };
  const runDue = (): void => run(due());

  return {
    clock: { now: () => nowMs, monotonic: () => nowMs - startMs },
    timers: { after, sleep: createSleep(after) },
    nextMs: () => Math.min(...[...waiting].map(({ dueMs, isLook }) => (isLook ? Number.POSITIVE_INFINITY : dueMs))),
    moveTo: (atMs) => {
      nowMs = Math.max(nowMs, atMs);
      run(due().filter(({ isLook }) => isLook));
    },
    runDue,
    waiting: () => inOrder().map(({ dueMs, set }) => ({ dueMs, line: lineOf(set) })),
  };
};

/** The line of Carillon that set a timer, past the ways there that all share. */
const lineOf = ({ stack = '' }: Error): string => {
  const lines = [...stack.matchAll(/\b(?:src|dist)\/\S+?:\d+/g)].map(([line]) => line);
  return lines.find((line) => !/(world|within|standing-time)\.[jt]s/.test(line)) ?? 'a line of the test';
};
