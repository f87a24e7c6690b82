import { z } from 'zod';
import type { Readiness } from '../http/context.ts';
import { retryUntilDone } from '../runtime/retry.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { awaitWithTimeout } from '../runtime/timeout.ts';
import { joinMetrics, type Metrics, type MetricsJson } from '../telemetry/metrics.ts';
import { toHealthIssue } from './health-issues.ts';

/** What an engine process needs from its parent, beside its environment. */
const EngineGiven = z.object({ databaseUrl: z.string(), publicUrl: z.string() });
export type EngineGiven = z.infer<typeof EngineGiven>;

/** Messages to an engine process: first what it needs, then requests for metrics, or to stop. */
export const ToEngine = z.union([EngineGiven, z.enum(['metrics', 'stop'])]);
export type ToEngine = z.infer<typeof ToEngine>;

const EngineTrouble = z.object({ since: z.string(), reason: z.string().optional() });
type EngineTrouble = z.infer<typeof EngineTrouble>;

/** Messages from an engine process: every 5 s, once it works, what keeps its engine from working; and metrics on request. */
const FromEngine = z.union([
  z.object({ metrics: z.array(z.looseObject({ name: z.string(), type: z.unknown(), aggregator: z.string() })) }),
  z.object({ issue: EngineTrouble.optional() }),
]);

export type FromEngine = { readonly metrics: MetricsJson } | { readonly issue: EngineTrouble | undefined };
export const REPORT_EVERY_MS = 5_000;

/** How an engine process ended. If its settings were rejected, a restart would end the same way. */
type EngineEnd = { readonly how: string; readonly isRejected: boolean };

/** A process that runs one engine and nothing else. It ends with its parent. */
type EngineProcess = { send(message: ToEngine): void; kill(): void };
type Listeners = { readonly heard: (message: unknown) => void; readonly ended: (end: EngineEnd) => void };

/** The further engines of a process, each in a process of its own. */
export type OtherEngines = {
  readonly count: number;
  /** Starts an engine's process. Numbers begin at 2, because the parent has the first engine. */
  readonly fork: (engine: number, listeners: Listeners) => EngineProcess;
  /** Aborts when this process should stop. */
  readonly signal: AbortSignal;
};

export type EngineProcesses = {
  /** The engines that do not work, and why. */
  issues(): Readiness['degraded'];
  /** Stops all of them, like `SIGTERM` stops any engine process, and kills those that exceed the limit. */
  stop(): Promise<void>;
};

type EngineProcessesDeps = {
  readonly others: OtherEngines;
  readonly given: EngineGiven;
  readonly world: Runtime;
  readonly metrics: Metrics;
  /** Counts an engine that did not respond to a scrape. */
  readonly onNoResponse: () => void;
};

/** A whole stop can take 29 s: see cli/start.ts. */
const STOP_MS = 27_000;
const TIMEOUT_MS = 1_000;
const SILENT_AFTER_MS = 15_000;
const STARTING = 'its process is starting';

/**
 * Starts the further engines of a process, restarts each that ends after an increasing pause, and includes their metrics.
 */
export const startEngineProcesses = (deps: EngineProcessesDeps): EngineProcesses => {
  const { others, world, metrics } = deps;
  const stopping = new AbortController();
  const until = AbortSignal.any([others.signal, stopping.signal]);
  let killAtMs = Number.POSITIVE_INFINITY;
  until.addEventListener('abort', () => {
    killAtMs = world.clock.monotonic() + STOP_MS;
  });
  const engines = Array.from({ length: others.count }, (_, index) => keepEngine(index + 2, { ...deps, until }));
  metrics.join(async () => {
    await Promise.all(engines.map((engine) => engine.requestMetrics()));
    return engines.flatMap((engine) => engine.metrics());
  });
  return {
    issues: () => engines.flatMap((engine) => engine.issue()),
    stop: async () => {
      stopping.abort();
      const remainingMs = Math.max(0, killAtMs - world.clock.monotonic());
      await awaitWithTimeout(world.timers, remainingMs, Promise.all(engines.map(({ over }) => over)));
      for (const engine of engines) engine.kill();
    },
  };
};

type EngineState =
  | { readonly is: 'away'; readonly why: string; readonly sinceMs: number }
  | { readonly is: 'working'; readonly lastHeardMs: number; readonly issue: EngineTrouble | undefined };

/** Runs one engine in a process, and in a new one if that has ended, until the signal aborts. */
const keepEngine = (engine: number, deps: EngineProcessesDeps & { readonly until: AbortSignal }) => {
  const { others, given, onNoResponse, until, world } = deps;
  const { clock, timers, log } = world;
  const book = createBook();
  let running: EngineProcess | undefined;
  let state: EngineState = { is: 'away', why: STARTING, sinceMs: clock.now() };
  const beAway = (why: string): void => {
    state = { is: 'away', why, sinceMs: state.is === 'away' ? state.sinceMs : clock.now() };
  };

  const heard = (message: unknown): void => {
    const { data } = FromEngine.safeParse(message);
    if (data === undefined) return;
    if ('metrics' in data) book.heard(data.metrics);
    else state = { is: 'working', lastHeardMs: clock.monotonic(), issue: data.issue };
  };

  const run = async (): Promise<void> => {
    if (until.aborted) return;
    beAway(STARTING);
    const { how, isRejected } = await new Promise<EngineEnd>((resolve) => {
      running = others.fork(engine, { heard, ended: resolve });
      running.send(given);
    });
    running = undefined;
    book.close();
    if (until.aborted) return;
    const why = `its process exited: ${how}`;
    if (!isRejected) throw new Error(why);
    beAway(why);
    log.error(
      { engine, why },
      'engines: a process rejected its settings and will not be restarted; fix the settings that it logged and restart this process',
    );
  };
  const outages = {
    failed: (error: unknown) => {
      const why = error instanceof Error ? error.message : String(error);
      beAway(why);
      log.warn(
        { engine, why },
        'engines: a process exited and will be restarted; other engines take over its jobs. Its last log lines show the reason. To run without child processes, set ENGINES=1',
      );
    },
    worked: () => {},
  };

  const request = async (): Promise<void> => {
    const requested = running;
    if (requested === undefined || state.is === 'away') return;
    const responded = book.next();
    requested.send('metrics');
    const hasResponse = await awaitWithTimeout(timers, TIMEOUT_MS, responded);
    if (hasResponse === undefined && requested === running) onNoResponse();
  };
  /** Simultaneous scrapes share a response. */
  let pending: Promise<void> | undefined;

  until.addEventListener('abort', () => running?.send('stop'));
  return {
    over: retryUntilDone({ world, outages, signal: until }, run),
    kill: () => running?.kill(),
    /** Resolves when it has responded, or after a second. */
    requestMetrics: () => {
      pending ??= request().finally(() => {
        pending = undefined;
      });
      return pending;
    },
    metrics: book.metrics,
    issue: (): Readiness['degraded'] => {
      const component = `engine ${engine}`;
      if (state.is === 'away') return [toHealthIssue(component, state)];
      const silentMs = clock.monotonic() - state.lastHeardMs;
      if (silentMs > SILENT_AFTER_MS)
        return [toHealthIssue(component, { sinceMs: clock.now() - silentMs, why: 'its process does not respond' })];
      return state.issue === undefined ? [] : [{ component, ...state.issue }];
    },
  };
};

/**
 * The metrics of an engine, with counters that never decrease: those of ended processes are kept, and the last ones of a
 * process that does not respond.
 */
const createBook = () => {
  let closed: MetricsJson = [];
  let last: MetricsJson = [];
  let isFresh = false;
  let response = Promise.withResolvers<true>();
  const counts = (): MetricsJson => last.filter(({ type }) => type !== 'gauge');
  return {
    /** Begins a scrape. Resolves with the response. */
    next: (): Promise<true> => {
      isFresh = false;
      response = Promise.withResolvers();
      return response.promise;
    },
    heard: (metrics: MetricsJson): void => {
      [last, isFresh] = [metrics, true];
      response.resolve(true);
    },
    close: (): void => {
      closed = joinMetrics([closed, counts()]);
      [last, isFresh] = [[], false];
    },
    metrics: (): MetricsJson[] => [closed, isFresh ? last : counts()],
  };
};
