import { randomBytes, randomInt, randomUUID } from 'node:crypto';
import { uptime } from 'node:os';
import { createMonotonic } from './monotonic.ts';
import type { Clock, Logger, Random, Timers, World } from './world.ts';

/** The World of a running process: system clock, timers, strong random numbers, and the log handed in. */
export const nodeWorld = (log: Logger): World => ({ clock, timers, random, log });

const clock: Clock = {
  now: () => Date.now(),
  monotonic: createMonotonic({
    running: () => performance.now(),
    wall: () => Date.now(),
    sinceBoot: () => uptime() * 1_000,
  }),
};

/** Longer delays overflow the runtime's timers, which would then fire at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

const timers: Timers = {
  after(delayMs, run) {
    const arm = (leftMs: number): NodeJS.Timeout =>
      leftMs > LONGEST_TIMER_MS
        ? setTimeout(() => {
            timer = arm(leftMs - LONGEST_TIMER_MS);
          }, LONGEST_TIMER_MS)
        : setTimeout(run, leftMs);
    let timer = arm(delayMs);
    return () => clearTimeout(timer);
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

/** 2^48 - 1 is the widest range randomInt takes. */
const FRACTION_STEPS = 2 ** 48 - 1;

/** Asking the system costs the same for a few bytes as for many: each part of the pool is handed out once. */
const POOL_BYTES = 4_096;
const MOST_POOLED_BYTES = 256;
let pool = Buffer.alloc(0);
let pooled = 0;

const random: Random = {
  uuid: () => randomUUID(),
  fraction: () => randomInt(FRACTION_STEPS) / FRACTION_STEPS,
  bytes: (length) => {
    if (length > MOST_POOLED_BYTES) return randomBytes(length);
    if (pooled + length > pool.length) [pool, pooled] = [randomBytes(POOL_BYTES), 0];
    pooled += length;
    return pool.subarray(pooled - length, pooled);
  },
};
