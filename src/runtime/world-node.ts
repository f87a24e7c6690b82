import { randomBytes, randomInt, randomUUID } from 'node:crypto';
import { uptime } from 'node:os';
import { createMonotonic } from './monotonic.ts';
import { type Clock, type Logger, type Random, sleepBy, type Timers, type World } from './world.ts';

/** The World of a running process: system clock, timers, cryptographic randomness, and the given logger. */
export const nodeWorld = (log: Logger): World => ({ clock, timers, random, log });

const clock: Clock = {
  now: () => Date.now(),
  monotonic: createMonotonic({
    running: () => performance.now(),
    wall: () => Date.now(),
    sinceBoot: () => uptime() * 1_000,
  }),
};

/** Node's timers fire at once with a longer delay, so longer ones are set in steps. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

const after: Timers['after'] = (delayMs, run) => {
  const arm = (leftMs: number): NodeJS.Timeout =>
    leftMs > LONGEST_TIMER_MS
      ? setTimeout(() => {
          timer = arm(leftMs - LONGEST_TIMER_MS);
        }, LONGEST_TIMER_MS)
      : setTimeout(run, leftMs);
  let timer = arm(delayMs);
  return () => clearTimeout(timer);
};

const timers: Timers = { after, sleep: sleepBy(after) };

/** The widest range that randomInt accepts. */
const FRACTION_STEPS = 2 ** 48 - 1;

/** Random bytes are drawn from the system in bulk, as a call costs the same for few bytes. Each is handed out once. */
const POOL_BYTES = 4_096;
const LARGEST_POOLED_BYTES = 256;
let pool = Buffer.alloc(0);
let usedBytes = 0;

const random: Random = {
  uuid: () => randomUUID(),
  fraction: () => randomInt(FRACTION_STEPS) / FRACTION_STEPS,
  bytes: (length) => {
    if (length > LARGEST_POOLED_BYTES) return randomBytes(length);
    if (usedBytes + length > pool.length) [pool, usedBytes] = [randomBytes(POOL_BYTES), 0];
    usedBytes += length;
    return pool.subarray(usedBytes - length, usedBytes);
  },
};
