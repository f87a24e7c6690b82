import { randomBytes, randomUUID } from 'node:crypto';
import { uptime } from 'node:os';
import { type Clock, createSleep, type Logger, type Random, type Runtime, type Timers } from './runtime.ts';

/** The runtime of a process: system clock, timers, cryptographic randomness, and the given logger. */
export const nodeRuntime = (log: Logger): Runtime => ({ clock, timers, random, log });

/** Clocks of the system, each in milliseconds. */
export type SystemClocks = {
  /** Stands still while the machine is suspended. */
  running(): number;
  /** Epoch; may jump. */
  wall(): number;
  /** Since boot, including suspension; slow to read. */
  sinceBoot(): number;
};

/** A larger difference to the running clock means that the wall clock was set or the machine was suspended. */
const MOVED_MS = 250;
/** Smaller differences may come from the time since boot, which some systems report in whole seconds. */
const ASLEEP_MS = 1_500;

/**
 * Creates a monotonic clock that continues while the machine is suspended, so that leases expire and the common time
 * advances.
 * @returns a function that returns its time, ms since an arbitrary start
 */
export const createMonotonic = ({ running, wall, sinceBoot }: SystemClocks): (() => number) => {
  const bootedMs = sinceBoot() - running();
  let wallAheadMs = wall() - running();
  let asleepMs = 0;
  return () => {
    const nowMs = running();
    const aheadMs = wall() - nowMs;
    if (Math.abs(aheadMs - wallAheadMs) > MOVED_MS) {
      wallAheadMs = aheadMs;
      const missedMs = sinceBoot() - running() - bootedMs;
      if (missedMs - asleepMs > ASLEEP_MS) asleepMs = missedMs;
    }
    return nowMs + asleepMs;
  };
};

const clock: Clock = {
  now: () => Date.now(),
  monotonic: createMonotonic({
    running: () => performance.now(),
    wall: () => Date.now(),
    sinceBoot: () => uptime() * 1_000,
  }),
};

/** Node fires timers with a longer delay immediately, so longer delays are split. */
const MAX_TIMER_MS = 2 ** 31 - 1;

const after: Timers['after'] = (delayMs, run) => {
  if (delayMs > MAX_TIMER_MS) return afterLong(delayMs, run);
  const timer = setTimeout(run, delayMs);
  return () => clearTimeout(timer);
};

const afterLong: Timers['after'] = (delayMs, run) => {
  let cancel = after(MAX_TIMER_MS, () => {
    cancel = after(delayMs - MAX_TIMER_MS, run);
  });
  return () => cancel();
};

const timers: Timers = { after, sleep: createSleep(after) };

/** Random bytes are read from the system in bulk, because a call has a fixed cost. Each is used once. */
const POOL_BYTES = 4_096;
const LARGEST_POOLED_BYTES = 256;
let pool = Buffer.alloc(0);
let usedBytes = 0;

const random: Random = {
  uuid: () => randomUUID(),
  fraction: () => Math.random(),
  bytes: (length) => {
    if (length > LARGEST_POOLED_BYTES) return randomBytes(length);
    if (usedBytes + length > pool.length) [pool, usedBytes] = [randomBytes(POOL_BYTES), 0];
    usedBytes += length;
    return pool.subarray(usedBytes - length, usedBytes);
  },
};
