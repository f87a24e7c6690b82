import { z } from 'zod';
import type { Readiness } from '../http/context.ts';
import { retryUntilDone } from '../runtime/retry.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { awaitWithTimeout } from '../runtime/timeout.ts';
import { joinMetrics, type Metrics, type MetricsJson } from '../telemetry/metrics.ts';
import { toHealthIssue } from './health-issues.ts';

/** What an engine process needs of the one that starts it, beside its environment. */
const EngineGiven = z.object({ databaseUrl: z.string(), publicUrl: z.string() });
export type EngineGiven = z.infer<typeof EngineGiven>;

/** What an engine process is told: first what it needs, then that its metrics are asked for, or that it is to stop. */
export const ToEngine = z.union([EngineGiven, z.enum(['metrics', 'stop'])]);
export type ToEngine = z.infer<typeof ToEngine>;

const EngineTrouble = z.object({ since: z.string(), reason: z.string().optional() });
type EngineTrouble = z.infer<typeof EngineTrouble>;

/** What it says: every 5 s, once it works, what keeps its engine from working; and its metrics, when asked. */
const FromEngine = z.union([
  z.object({ metrics: z.array(z.looseObject({ name: z.string(), type: z.unknown(), aggregator: z.string() })) }),
  z.object({ trouble: EngineTrouble.optional() }),
]);

export type FromEngine = { readonly metrics: MetricsJson } | { readonly trouble: EngineTrouble | undefined };
export const REPORT_EVERY_MS = 5_000;

/** How an engine process ended. One whose settings are rejected would end so again. */
type EngineEnd = { readonly how: string; readonly isRejected: boolean };

/** A process of this kind that runs one engine and nothing else. It ends with the process that started it. */
type EngineProcess = { send(message: ToEngine): void; kill(): void };
type Listeners = { readonly heard: (message: unknown) => void; readonly ended: (end: EngineEnd) => void };

/** The engines that a process runs beside its own, each as a process that it starts. */
export type OtherEngines = {
  readonly count: number;
  /** Starts the process of an engine. They are numbered from 2, as the process itself has the first. */
  readonly fork: (engine: number, listeners: Listeners) => EngineProcess;
  /** Aborts when this process is to stop. */
  readonly signal: AbortSignal;
};

export type EngineProcesses = {
  /** Which engines do not work, and why. */
  troubles(): Readiness['degraded'];
  /** Stops all of them, as `SIGTERM` stops any engine process, and kills those that take longer than it may. */
  stop(): Promise<void>;
};

type EngineProcessesDeps = {
  readonly others: OtherEngines;
  readonly given: EngineGiven;
  readonly world: Runtime;
  readonly metrics: Metrics;
  /** Notes that an engine did not answer a scrape. */
  readonly unanswered: () => void;
};

/** A whole stop may take 29 s: see cli/start.ts. */
const STOP_MS = 27_000;
const ANSWER_MS = 1_000;
const SILENT_AFTER_MS = 15_000;
const STARTING = 'its process is starting';

/**
 * Starts the other engines of a process, and starts each again that ends, after a pause that grows. Their metrics are
 * shown with its own.
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
    await Promise.all(engines.map((engine) => engine.askMetrics()));
    return engines.flatMap((engine) => engine.metrics());
  });
  return {
    troubles: () => engines.flatMap((engine) => engine.trouble()),
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
  | { readonly is: 'working'; readonly lastHeardMs: number; readonly trouble: EngineTrouble | undefined };

/** Runs one engine in a process, and in another one where that has ended, until the signal aborts. */
const keepEngine = (engine: number, deps: EngineProcessesDeps & { readonly until: AbortSignal }) => {
  const { others, given, unanswered, until, world } = deps;
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
    else state = { is: 'working', lastHeardMs: clock.monotonic(), trouble: data.trouble };
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

  const ask = async (): Promise<void> => {
    const asked = running;
    if (asked === undefined || state.is === 'away') return;
    const answered = book.next();
    asked.send('metrics');
    const isAnswered = await awaitWithTimeout(timers, ANSWER_MS, answered);
    if (isAnswered === undefined && asked === running) unanswered();
  };
  /** Scrapes at one time share an answer. */
  let asking: Promise<void> | undefined;

  until.addEventListener('abort', () => running?.send('stop'));
  return {
    over: retryUntilDone({ world, outages, signal: until }, run),
    kill: () => running?.kill(),
    /** Resolves when it has answered, or a second has passed. */
    askMetrics: () => {
      asking ??= ask().finally(() => {
        asking = undefined;
      });
      return asking;
    },
    metrics: book.metrics,
    trouble: (): Readiness['degraded'] => {
      const component = `engine ${engine}`;
      if (state.is === 'away') return [toHealthIssue(component, state)];
      const silentMs = clock.monotonic() - state.lastHeardMs;
      if (silentMs > SILENT_AFTER_MS)
        return [toHealthIssue(component, { sinceMs: clock.now() - silentMs, why: 'its process does not respond' })];
      return state.trouble === undefined ? [] : [{ component, ...state.trouble }];
    },
  };
};

/**
 * The metrics of an engine, whose counts never go back: those of processes that have ended stay, and so do those of one
 * that does not answer.
 */
const createBook = () => {
  let closed: MetricsJson = [];
  let last: MetricsJson = [];
  let isFresh = false;
  let answer = Promise.withResolvers<true>();
  const counts = (): MetricsJson => last.filter(({ type }) => type !== 'gauge');
  return {
    /** Begins a scrape. Resolves when it is answered. */
    next: (): Promise<true> => {
      isFresh = false;
      answer = Promise.withResolvers();
      return answer.promise;
    },
    heard: (metrics: MetricsJson): void => {
      [last, isFresh] = [metrics, true];
      answer.resolve(true);
    },
    /** The process has ended. */
    close: (): void => {
      closed = joinMetrics([closed, counts()]);
      [last, isFresh] = [[], false];
    },
    metrics: (): MetricsJson[] => [closed, isFresh ? last : counts()],
  };
};
