import { type ChildProcess, fork } from 'node:child_process';
import { realpath } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import {
  type EngineGiven,
  type FromEngine,
  type OtherEngines,
  REPORT_EVERY_MS,
  ToEngine,
} from '../compose/engine-processes.ts';
import { StoppedWhileStarting } from '../compose/start.ts';
import { type Role, type Service, startService } from '../compose.ts';
import { type Config, ConfigError, loadConfig } from '../config.ts';
import { nodeRuntime } from '../runtime/node-runtime.ts';
import { poll } from '../runtime/poll.ts';
import type { Logger, Timers } from '../runtime/runtime.ts';
import { createLogger } from '../telemetry/logger.ts';
import { createMetrics, type Metrics } from '../telemetry/metrics.ts';
import { EXIT } from './fail.ts';
import { version } from './version.ts';

/** Creates the function that starts engines as processes. None outlives this process: each ends when its channel closes. */
export const createFork = (): OtherEngines['fork'] => {
  const living = new Set<ChildProcess>();
  // A process that hangs does not notice that its channel has closed.
  process.once('exit', () => living.forEach((child) => void child.kill('SIGKILL')));
  return (engine, { heard, ended }) => {
    const [, program = ''] = process.argv;
    const child = fork(program, ['__engine', String(engine)], {
      env: { ...process.env, ENGINES: '1' },
      // JSON would turn NaN metrics into null.
      serialization: 'advanced',
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    living.add(child);
    const over = (how: string, isRejected: boolean): void => {
      living.delete(child);
      child.off('message', heard);
      ended({ how, isRejected });
    };
    child.on('message', heard);
    child.once('exit', (code, signal) => over(signal ?? `exit code ${code}`, code === EXIT.notDone));
    child.on('error', (error) => {
      if (child.pid === undefined) over(error.message, false);
    });
    return {
      send: (message) => void child.send(message, () => {}),
      kill: () => void child.kill('SIGKILL'),
    };
  };
};

/** The parent process. */
type Parent = {
  readonly given: Promise<EngineGiven>;
  /** Resolves when this process should stop. */
  readonly stops: Promise<'stop'>;
  /** Reports from now on what keeps this process's engine from working. */
  report(readiness: Service['readiness'], timers: Timers): void;
};

/**
 * Follows the parent process, and sends it this process's metrics on request. Ends this process immediately if the parent is
 * gone, because nothing else would stop it.
 */
export const followParent = (metrics: Metrics): Parent => {
  const [given, stops] = [Promise.withResolvers<EngineGiven>(), Promise.withResolvers<'stop'>()];
  const say = (message: FromEngine): void => void process.send?.(message, undefined, undefined, () => {});
  const respond = async (message: unknown): Promise<void> => {
    const parsed = ToEngine.parse(message);
    if (parsed === 'stop') stops.resolve(parsed);
    else if (parsed === 'metrics') say({ metrics: await metrics.json() });
    else given.resolve(parsed);
  };
  process.on('message', (message) => void respond(message));
  process.on('disconnect', () => process.exit(EXIT.no));
  if (!process.connected) process.exit(EXIT.no);
  // A terminal sends it to all processes, and the parent decides when to stop.
  process.on('SIGINT', () => {});
  return {
    given: given.promise,
    stops: stops.promise,
    report: (readiness, timers) => {
      const look = async (): Promise<void> => {
        const issue = (await readiness()).degraded.find(({ component }) => component === 'engine');
        say({ issue });
      };
      void poll(look, { timers, everyMs: REPORT_EVERY_MS, signal: new AbortController().signal });
    },
  };
};

/** The settings of an engine process: only its parent reaches it. */
export const engineConfig = (config: Config, { databaseUrl, publicUrl }: EngineGiven): Config => ({
  ...config,
  databaseUrl,
  http: { ...config.http, publicUrl, port: undefined, metricsPort: undefined },
  // The parent sends the heartbeat for all its engines.
  heartbeatUrl: undefined,
});

/** Maximum duration of a stop: orchestrators kill a process after 30 s. */
const MAX_STOP_MS = 29_000;

/**
 * `carillon start`: runs a server until SIGINT or SIGTERM, or a further engine of a server until that stops it.
 * @param engine number of the engine, if another process started this one for it
 */
export const start = async (roles: readonly Role[], engine?: number): Promise<void> => {
  const settings = configOrExit();
  const { level } = settings.log;
  const format = settings.log.format ?? (process.stdout.isTTY ? 'terminal' : 'json');
  const log = createLogger({ level, format, engine });
  const metrics = createMetrics();
  const parent = engine === undefined ? undefined : followParent(metrics);
  // Standard output is either for people or for machines.
  const forPeople = format === 'terminal' ? process.stdout : process.stderr;
  process.on('SIGUSR2', () => log.warn({ to: log.toggleDebug() }, 'log level changed'));
  const stopping = new AbortController();
  const toStop =
    parent === undefined ? stopSignal('SIGINT', 'SIGTERM') : Promise.race([parent.stops, stopSignal('SIGTERM')]);
  const stopped = toStop.then((signal) => {
    log.info({ signal }, 'stopping: no new slots are claimed, running calls can finish');
    setTimeout(() => {
      log.error({}, `the stop took longer than ${MAX_STOP_MS} ms: exiting without waiting any longer`);
      process.exit(1);
    }, MAX_STOP_MS).unref();
    stopping.abort();
  });
  try {
    const { signal } = stopping;
    const world = nodeRuntime(log);
    const config = parent === undefined ? settings : engineConfig(settings, await parent.given);
    const otherEngines = roles.includes('engine') ? othersOf(config, signal, log) : undefined;
    const service = await startService({ config, world, metrics, version, roles, otherEngines, signal });
    if (parent === undefined) forPeople.write(await greeting(config, service));
    else parent.report(service.readiness, world.timers);
    const failure = await Promise.race([stopped, service.embedded?.died].filter((each) => each !== undefined));
    if (failure !== undefined) throw failure;
    await service.stop();
    process.exit(0);
  } catch (error) {
    if (error instanceof StoppedWhileStarting) process.exit(0);
    if (format === 'json' && level !== 'silent') log.error({ error }, 'server stopped');
    else process.stderr.write(`carillon: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(1);
  }
};

const configOrExit = (): Config => {
  try {
    return loadConfig(process.env);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(`carillon: ${error.message}\n`);
    process.exit(EXIT.notDone);
  }
};

const othersOf = ({ engines }: Config, signal: AbortSignal, log: Logger): OtherEngines | undefined => {
  const cores = availableParallelism();
  if (engines > cores)
    log.warn(
      { engines, cores },
      'ENGINES is larger than the number of available cores, so engines compete for them. Lower ENGINES.',
    );
  return engines === 1 ? undefined : { count: engines - 1, fork: createFork(), signal };
};

/** Resolves at the first of these signals. A second one ends the process immediately, with exit code 130. */
const stopSignal = (...signals: readonly NodeJS.Signals[]): Promise<NodeJS.Signals> =>
  new Promise((resolve) => {
    for (const signal of signals) {
      process.once(signal, () => {
        resolve(signal);
        process.once(signal, () => process.exit(130));
      });
    }
  });

/** The message of a started server: its address, how to use it, and what to remove with its data. */
export const greeting = async (
  { http, dataDir }: Config,
  { url, token, standbyReason, embedded }: Service,
): Promise<string> => {
  const moved = !http.portNamed && !url.endsWith(`:${http.port}`);
  const lines = [
    '',
    `Carillon is running at ${url}${moved ? ` (port ${http.port} is taken)` : ''}`,
    ...(standbyReason === undefined ? [] : ['', `Its engine is on standby: ${standbyReason}`]),
    ...(token === undefined ? [] : tokenLines(url, token)),
    ...(embedded === undefined ? [] : await removalLines(dataDir, embedded)),
    '',
    '',
  ];
  return lines.join('\n');
};

const tokenLines = (url: string, token: string): string[] => [
  '',
  'Admin UI with sign-in (this machine only):',
  `  ${url}/_/scheduler/ui/#token=${token}`,
  '',
  'Development token (this machine only):',
  `  export TOKEN=${token}`,
  '',
  'Try:',
  `  curl -s -H "Authorization: Bearer $TOKEN" '${url}/_/scheduler/executions?limit=3'`,
];

/**
 * If the embedded Postgres could not use the data folder, its files are elsewhere, and remain when the folder is deleted.
 */
const removalLines = async (dataDir: string, { home, pid }: NonNullable<Service['embedded']>): Promise<string[]> => {
  const folders = new Set([await realpath(dataDir), path.dirname(home)]);
  return [
    '',
    'To remove all its data, stop the server and run:',
    `  rm -r ${[...folders].map(quoted).join(' ')}`,
    '',
    `After kill -9, its Postgres keeps running until the next start. To stop it: kill -INT ${pid}`,
  ];
};

const quoted = (file: string): string => `'${file.replaceAll("'", "'\\''")}'`;
