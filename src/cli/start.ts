import { realpath } from 'node:fs/promises';
import path from 'node:path';
import { StoppedWhileStarting } from '../compose/parts.ts';
import { type Role, type Service, startService } from '../compose.ts';
import { type Config, ConfigError, loadConfig } from '../config.ts';
import { nodeWorld } from '../runtime/world-node.ts';
import { createLogger } from '../telemetry/logger.ts';
import { createMetrics } from '../telemetry/metrics.ts';
import { EXIT } from './fail.ts';

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

/** What a server that has started says to people: where it is, how to use it, and what to remove with its data. */
export const greeting = async (
  { http, dataDir }: { readonly http: Pick<Config['http'], 'port' | 'portNamed'>; readonly dataDir: string },
  { url, token, standsBy, embedded }: Omit<Service, 'stop'>,
): Promise<string> => {
  const moved = !http.portNamed && !url.endsWith(`:${http.port}`);
  const lines = [
    '',
    `Carillon is running at ${url}${moved ? ` (port ${http.port} is taken)` : ''}`,
    ...(standsBy === undefined ? [] : ['', `Its engine stands by: ${standsBy}`]),
    ...(token === undefined ? [] : tokenLines(url, token)),
    ...(embedded === undefined ? [] : await removalLines(dataDir, embedded)),
    '',
    '',
  ];
  return lines.join('\n');
};

const tokenLines = (url: string, token: string): string[] => [
  '',
  'Admin page, signing in (this machine only):',
  `  ${url}/_/scheduler/ui/#token=${token}`,
  '',
  'Development token (this machine only):',
  `  export TOKEN=${token}`,
  '',
  'Try:',
  `  curl -s -H "Authorization: Bearer $TOKEN" '${url}/_/scheduler/executions?limit=3'`,
];

/** Where the embedded Postgres could not use the data folder, its files are elsewhere, and stay when the folder is gone. */
const removalLines = async (dataDir: string, { home, pid }: NonNullable<Service['embedded']>): Promise<string[]> => {
  const folders = new Set([await realpath(dataDir), path.dirname(home)]);
  return [
    '',
    'To remove all its data, stop it first:',
    `  rm -r ${[...folders].map(quoted).join(' ')}`,
    '',
    `After a kill -9 its Postgres runs on. The next start stops it, or: kill -INT ${pid}`,
  ];
};

const quoted = (file: string): string => `'${file.replaceAll("'", "'\\''")}'`;
