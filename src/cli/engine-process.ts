import { type ChildProcess, fork } from 'node:child_process';
import {
  type EngineGiven,
  type FromEngine,
  type OtherEngines,
  REPORT_EVERY_MS,
  ToEngine,
} from '../compose/engine-processes.ts';
import type { Service } from '../compose.ts';
import type { Config } from '../config.ts';
import { poll } from '../runtime/poll.ts';
import type { Timers } from '../runtime/runtime.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import { EXIT } from './fail.ts';

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
  const answer = async (message: unknown): Promise<void> => {
    const parsed = ToEngine.parse(message);
    if (parsed === 'stop') stops.resolve(parsed);
    else if (parsed === 'metrics') say({ metrics: await metrics.json() });
    else given.resolve(parsed);
  };
  process.on('message', (message) => void answer(message));
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
