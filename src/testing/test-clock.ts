import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { type Duration, durationMs } from '../domain/duration.ts';
import { toInstant } from '../domain/values.ts';
import { nodeRuntime } from '../runtime/node-runtime.ts';
import { type Clock, createSleep, type Logger, type Runtime, type Timers } from '../runtime/runtime.ts';
import { settled, watchProcess } from './quiet.ts';
import { requests } from './requests.ts';

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

type Timer = {
  readonly dueMs: number;
  readonly order: number;
  readonly run: () => void;
  readonly isLook: boolean;
  /** Made where it was set. */
  readonly set: Error;
};

/** Time that stands still until it is moved. */
type StandingTime = {
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
const createStandingTime = (startMs: number): StandingTime => {
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

/** Sets what a database takes for the time: its sessions find these functions before those of Postgres. */
type PostgresClock = {
  setTo(epochMs: number): Promise<void>;
  close(): Promise<void>;
};

const DEFINITION = `
  CREATE SEQUENCE public.test_clock;
  CREATE FUNCTION public.clock_timestamp() RETURNS timestamptz LANGUAGE sql VOLATILE
  AS $$ SELECT timestamptz 'epoch' + last_value * interval '1 millisecond' FROM public.test_clock $$;
  CREATE FUNCTION public.now() RETURNS timestamptz LANGUAGE sql VOLATILE AS 'SELECT public.clock_timestamp()'`;

/** Gives a database a clock that stands, for the sessions that are opened from now on. */
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
