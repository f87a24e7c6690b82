import { StoppedWhileStarting } from '../compose/parts.ts';
import { type Role, startService } from '../compose.ts';
import { type Config, ConfigError, loadConfig } from '../config.ts';
import { nodeWorld } from '../runtime/world-node.ts';
import { createLogger } from '../telemetry/logger.ts';
import { createMetrics } from '../telemetry/metrics.ts';
import { EXIT } from './fail.ts';
import { greeting } from './greeting.ts';

type StartOptions = { readonly version: string; readonly roles: readonly Role[] };

/** A stop that takes longer is cut short: orchestrators kill a process after 30 s. */
const LONGEST_STOP_MS = 29_000;

/** `carillon start`: runs a server until SIGINT or SIGTERM. */
export const start = async ({ version, roles }: StartOptions): Promise<void> => {
  const config = configOrExit();
  const format = config.log.format ?? (process.stdout.isTTY ? 'terminal' : 'json');
  const log = createLogger({ level: config.log.level, format });
  // Standard output is either for people or for machines.
  const forPeople = format === 'terminal' ? process.stdout : process.stderr;
  process.on('SIGUSR2', () => log.warn({ to: log.toggleDebug() }, 'the log level has changed'));
  const stopping = new AbortController();
  const stopped = stopSignal().then((signal) => {
    log.info({ signal }, 'stopping: no new slots, calls under way may end');
    setTimeout(() => {
      log.error({}, `the stop took longer than ${LONGEST_STOP_MS} ms: the process ends as it is`);
      process.exit(1);
    }, LONGEST_STOP_MS).unref();
    stopping.abort();
  });
  try {
    const { signal } = stopping;
    const world = nodeWorld(log);
    const service = await startService({ config, world, metrics: createMetrics(), version, roles, signal });
    forPeople.write(await greeting(config, service));
    await stopped;
    await service.stop();
    process.exit(0);
  } catch (error) {
    if (error instanceof StoppedWhileStarting) process.exit(0);
    if (format === 'json' && config.log.level !== 'silent') log.error({ error }, 'the server stopped');
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

/** Resolves at the first signal. A second one ends the process at once, with exit code 130. */
const stopSignal = (): Promise<NodeJS.Signals> =>
  new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      process.once(signal, () => {
        resolve(signal);
        process.once(signal, () => process.exit(130));
      });
    }
  });
