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

/** Makes what starts engines as processes. None of them outlives this process: each ends when its channel closes. */
export const createFork = (): OtherEngines['fork'] => {
  const living = new Set<ChildProcess>();
  // One that hangs does not notice that its channel has closed.
  process.once('exit', () => living.forEach((child) => void child.kill('SIGKILL')));
  return (engine, { heard, ended }) => {
    const [, program = ''] = process.argv;
    const child = fork(program, ['__engine', String(engine)], {
      env: { ...process.env, ENGINES: '1' },
      // As JSON, a metric that is not a number would be null.
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

/** What the process that started this one says. */
type Parent = {
  readonly given: Promise<EngineGiven>;
  /** Resolves when this process is to stop. */
  readonly stops: Promise<'stop'>;
  /** Tells it from now on what keeps the engine of this process from working. */
  report(readiness: Service['readiness'], timers: Timers): void;
};

/**
 * Follows the process that started this one, and answers it with the metrics of this one. Ends this process at once when
 * that one is gone: nobody would stop it any more.
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
  // A terminal sends it to all processes, and the parent says when to stop.
  process.on('SIGINT', () => {});
  return {
    given: given.promise,
    stops: stops.promise,
    report: (readiness, timers) => {
      const look = async (): Promise<void> => {
        const trouble = (await readiness()).degraded.find(({ component }) => component === 'engine');
        say({ trouble });
      };
      void poll(look, { timers, everyMs: REPORT_EVERY_MS, signal: new AbortController().signal });
    },
  };
};

/** The settings of an engine that another process started: it is reached by nobody but that one. */
export const engineConfig = (config: Config, { databaseUrl, publicUrl }: EngineGiven): Config => ({
  ...config,
  databaseUrl,
  http: { ...config.http, publicUrl, port: undefined, metricsPort: undefined },
  // The parent calls it, for all of its engines.
  heartbeatUrl: undefined,
});
