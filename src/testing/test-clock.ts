import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { type Duration, durationMs } from '../domain/duration.ts';
import { toInstant } from '../domain/values.ts';
import { nodeRuntime } from '../runtime/node-runtime.ts';
import { type Clock, createSleep, type Logger, type Runtime, type Timers } from '../runtime/runtime.ts';
import { requests, settled, watchProcess } from './quiet.ts';

/** The shared clock of services with one database, and of that database. It moves only on request. */
export type TestClock = {
  /** Epoch ms. */
  now(): number;
  /** The runtime of a service or target on this clock. */
  world(log: Logger): Runtime;
  /** Advances the clock. Work that is due on the way runs at its own instant and completes before the clock moves on. */
  advance(by: Duration): Promise<void>;
  /**
   * Advances from timer to timer until the promise has settled.
   * @throws Error naming what still waits, if that takes longer than `within` of its time
   */
  until<T>(promise: Promise<T>, within?: Duration): Promise<T>;
  /** Lets requests at this port take the time that they wait in the service, until the returned function is called. */
  flowFor(port: number): () => void;
  /** What waits for a response or a time, one per line. */
  waits(): string;
  close(): Promise<void>;
};

const PATIENCE = '2m';
/** For work without a timer of the clock. Only a hang takes this long, even on a busy machine. */
const REAL_TIMEOUT_MS = 30_000;
/** How often pollers run: often enough for an engine to keep its lease and to receive heartbeats. */
const POLL_INTERVAL_MS = 3_000;
/** Over a longer advance, pollers run this many times. */
const LONG_WAY_MS = 300_000;
const LOOKS_ON_LONG_WAY = 20;
/** Maximum waiting timers named in an error. */
const NAMED_TIMERS = 12;

/** @param from start of the clock, an instant in ISO 8601 */
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
  /** Serializes moves: each moves the clock for all users. */
  const inTurn = <T>(move: () => Promise<T>): Promise<T> => {
    const moved = moving.then(move);
    moving = moved.catch(() => {});
    return moved;
  };
  /** Moves to the next due timer, the next polls or this instant; not if it is already there. */
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
    // Work without a timer may come from elsewhere, such as another process.
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
          // If no response is complete, the rest takes real time: it comes from another process.
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

type Timer = {
  readonly dueMs: number;
  readonly order: number;
  readonly run: () => void;
  readonly isLook: boolean;
  /** The stack where the timer was set. */
  readonly set: Error;
};

/** A clock that advances only on request. */
type StandingTime = {
  readonly clock: Clock;
  readonly timers: Timers;
  /** When the next timer is due, epoch ms; Infinity without one. */
  nextMs(): number;
  /** Sets the clock to this instant and runs the polls that were omitted until then. */
  moveTo(atMs: number): void;
  runDue(): void;
  /** Waiting timers, soonest first: when each is due, and the line of `src` that set it. */
  waiting(): readonly { readonly dueMs: number; readonly line: string }[];
};

/** @param startMs epoch ms, as all its times */
const createStandingTime = (startMs: number): StandingTime => {
  let nowMs = startMs;
  let order = 0;
  const waiting = new Set<Timer>();
  const inOrder = (): Timer[] => [...waiting].sort((a, b) => a.dueMs - b.dueMs || a.order - b.order);

  const run = (timers: readonly Timer[]): void => {
    // An earlier timer may have cancelled it.
    for (const timer of timers) if (waiting.delete(timer)) timer.run();
  };
  const due = (): Timer[] => inOrder().filter(({ dueMs }) => dueMs <= nowMs);
  const after: Timers['after'] = (delayMs, run, purpose) => {
    const dueMs = purpose === 'gather' ? nowMs : nowMs + Math.max(0, Math.ceil(delayMs));
    const timer = { dueMs, order: order++, run, isLook: purpose === 'look', set: new Error() };
    waiting.add(timer);
    // Timers without a delay yield to others and run without an advance.
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

/** The line of Carillon that set a timer, skipping shared helpers. */
const lineOf = ({ stack = '' }: Error): string => {
  const lines = [...stack.matchAll(/\b(?:src|dist)\/\S+?:\d+/g)].map(([line]) => line);
  return lines.find((line) => !/runtime\/|test-clock\.[jt]s/.test(line)) ?? 'a line of the test';
};

/** Sets the time of a database: its sessions find these functions before those of Postgres. */
type PostgresClock = {
  setTo(epochMs: number): Promise<void>;
  close(): Promise<void>;
};

const DEFINITION = `
  CREATE SEQUENCE public.test_clock;
  CREATE FUNCTION public.clock_timestamp() RETURNS timestamptz LANGUAGE sql VOLATILE
  AS $$ SELECT timestamptz 'epoch' + last_value * interval '1 millisecond' FROM public.test_clock $$;
  CREATE FUNCTION public.now() RETURNS timestamptz LANGUAGE sql VOLATILE AS 'SELECT public.clock_timestamp()'`;

/** Gives a database a clock that advances only on request, for sessions opened from now on. */
const createPostgresClock = async (databaseUrl: string): Promise<PostgresClock> => {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  const { rows } = await client.query('SELECT current_database() AS name');
  await client.query(DEFINITION);
  await client.query(`ALTER DATABASE ${rows[0].name} SET search_path = public, pg_catalog`);
  return {
    setTo: async (epochMs) => {
      await client.query({ name: 'set', text: `SELECT setval('public.test_clock', $1)`, values: [epochMs] });
    },
    close: () => client.end(),
  };
};
