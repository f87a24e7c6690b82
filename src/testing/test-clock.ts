import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Duration, durationMs } from '../domain/duration.ts';
import { toInstant } from '../domain/values.ts';
import { nodeRuntime } from '../runtime/node-runtime.ts';
import type { Logger, Runtime } from '../runtime/runtime.ts';
import { createPostgresClock } from './postgres-clock.ts';
import { settled, watchProcess } from './quiet.ts';
import { requests } from './requests.ts';
import { createStandingTime } from './standing-time.ts';

/** The one clock of services that share a database, and of that database. It stands until a test moves it. */
export type TestClock = {
  /** Epoch ms. */
  now(): number;
  /** What has this clock, a service or a target. */
  world(log: Logger): Runtime;
  /** Moves it on by so much. What falls due meanwhile runs at its own instant, and all it brings about is done before the clock goes on. */
  advance(by: Duration): Promise<void>;
  /**
   * Moves it from timer to timer until the promise has settled.
   * @throws Error naming what still waits, where that takes longer than `within` of its time
   */
  until<T>(promise: Promise<T>, within?: Duration): Promise<T>;
  /** Has the requests at this port take the time that they wait for in the service, until the function returned is called. */
  flowFor(port: number): () => void;
  /** What waits for an answer or a time, a line each. */
  waits(): string;
  close(): Promise<void>;
};

const PATIENCE = '2m';
/** For what no timer of the clock brings. Only what hangs takes so long, however busy the machine is. */
const REAL_TIMEOUT_MS = 30_000;
/** How often what only looks has its turn: often enough for an engine to keep its lease, and to hear others beat. */
const POLL_INTERVAL_MS = 3_000;
/** On a longer way it has its turn so many times. */
const LONG_WAY_MS = 300_000;
const LOOKS_ON_LONG_WAY = 20;
/** How many of the timers that wait an error names. */
const NAMED_TIMERS = 12;

/** @param from an instant in ISO 8601, when it begins */
export const createTestClock = async (databaseUrl: string, from: string): Promise<TestClock> => {
  watchProcess();
  const time = createStandingTime(Date.parse(from));
  const postgres = await createPostgresClock(databaseUrl);
  const now = time.clock.now;

  const moveTo = async (atMs: number): Promise<void> => {
    await postgres.setTo(atMs);
    time.moveTo(atMs);
    await settled();
    if (time.nextMs() > atMs) return;
    time.runDue();
    await settled();
  };
  await moveTo(now());

  let moving: Promise<unknown> = Promise.resolve();
  /** Who moves the clock does so for all, so one waits for another. */
  const inTurn = <T>(move: () => Promise<T>): Promise<T> => {
    const moved = moving.then(move);
    moving = moved.catch(() => {});
    return moved;
  };
  /** Moves it to what falls due next, or to the next looks, or to this instant; not if it is there already. */
  const step = (untilMs: number, lookEveryMs = POLL_INTERVAL_MS): Promise<boolean> =>
    inTurn(async () => {
      await settled();
      if (now() >= untilMs) return false;
      await moveTo(Math.min(time.nextMs(), now() + lookEveryMs, untilMs));
      return true;
    });

  const waits = (): string => {
    const held = requests.held().map((request) => `- a response to ${request}`);
    const timers = time.waiting().map(({ dueMs, line }) => `- ${toInstant(dueMs)}, in ${line}`);
    return [...held, ...timers.slice(0, NAMED_TIMERS)].join('\n');
  };

  const until: TestClock['until'] = async (promise, within = PATIENCE) => {
    let isSettled = false;
    const settle = (): void => {
      isSettled = true;
    };
    const settling = promise.then(settle, settle);
    const sinceMs = now();
    do {
      await inTurn(settled);
      if (isSettled) return promise;
    } while (await step(sinceMs + durationMs(within)));
    // What time does not bring may come from elsewhere, such as another process.
    if (time.waiting().length === 0) await Promise.race([settling, sleep(REAL_TIMEOUT_MS)]);
    if (isSettled) return promise;
    throw new Error(
      `The condition was not met between ${toInstant(sinceMs)} and ${toInstant(now())}. Still waiting:\n${waits()}`,
    );
  };

  return {
    now,
    waits,
    world: (log) => ({ ...nodeRuntime(log), clock: time.clock, timers: time.timers }),
    until,
    advance: async (by) => {
      const byMs = durationMs(by);
      const untilMs = now() + byMs;
      const lookEveryMs = byMs > LONG_WAY_MS ? Math.ceil(byMs / LOOKS_ON_LONG_WAY) : POLL_INTERVAL_MS;
      while (await step(untilMs, lookEveryMs));
    },
    flowFor: (port) => {
      const waiting = new Map<ServerResponse, IncomingMessage>();
      let isFlowing = false;
      const flow = async (): Promise<void> => {
        isFlowing = true;
        while (waiting.size > 0) {
          await inTurn(settled);
          for (const response of waiting.keys()) {
            if (response.headersSent || response.destroyed) waiting.delete(response);
          }
          // Where none has come whole, what is still to come takes real time: it is of another process.
          if ([...waiting.values()].some(({ complete }) => complete)) await step(now() + durationMs(PATIENCE));
          else await sleep(1);
        }
        isFlowing = false;
      };
      const stop = requests.onServed((request, response) => {
        if (request.socket.localPort !== port) return;
        waiting.set(response, request);
        if (!isFlowing) void flow();
      });
      return () => {
        stop();
        waiting.clear();
      };
    },
    close: async () => {
      await inTurn(postgres.close);
    },
  };
};
