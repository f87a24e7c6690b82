import { type ChildProcess, spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';
import type { Logger } from '../../runtime/runtime.ts';
import { postgresOf } from './binaries.ts';
import type { Placement } from './placement.ts';
import { EmbeddedPostgresError, type ServerSettings, serverEnvironment, settingArguments } from './programs.ts';

type ServerProcess = {
  readonly pid: number;
  /** Resolves if the server ends without `stop`. */
  readonly died: Promise<EmbeddedPostgresError>;
  /** Ends open connections and stops the server within seconds. Further calls do nothing. */
  stop(): Promise<void>;
};

type LaunchOptions = {
  readonly placement: Placement;
  readonly clusterDir: string;
  readonly port: number;
  readonly settings: ServerSettings;
  readonly log: Logger;
};

const READY = 'database system is ready to accept connections';
const PORT_TAKEN = 'Address already in use';
/** The server reports this as FATAL for each connection that is open when it stops; it is expected. */
const CONNECTION_ENDED = 'terminating connection due to administrator command';
const FAST_STOP_MS = 20_000;
/** A server that outlives an immediate stop for this long is frozen, and is killed. */
const IMMEDIATE_STOP_MS = 3_000;
const LAST_LINES = 8;

/**
 * Starts the server and resolves once it accepts connections. The server gets its own process group, so that Ctrl-C in
 * a terminal reaches only this process, which needs its database until it has stopped.
 * @throws EmbeddedPostgresError PORT_TAKEN or START_FAILED, with the last lines that the server logged
 */
export const launchServer = async (options: LaunchOptions): Promise<ServerProcess> => {
  const { placement, clusterDir, port, settings } = options;
  const child = spawn(
    postgresOf(placement.binaries),
    ['-D', clusterDir, '-p', String(port), ...settingArguments(settings)],
    { ...placement.user, env: serverEnvironment(), cwd: '/', detached: true, stdio: ['ignore', 'ignore', 'pipe'] },
  );
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  // Ends the server if this process exits without calling `stop`.
  const killServer = (): void => void child.kill('SIGQUIT');
  process.once('exit', killServer);
  child.once('exit', () => process.off('exit', killServer));
  await ready(child, options);
  let isStopping = false;
  const died = new Promise<EmbeddedPostgresError>((resolve) => {
    child.once('exit', (code, signal) => {
      if (!isStopping) resolve(serverDied(signal ?? `exit code ${code}`));
    });
  });
  const stop = (): Promise<void> => {
    isStopping = true;
    return stopChild(child, exited);
  };
  return { pid: child.pid ?? 0, died, stop };
};

const serverDied = (how: string): EmbeddedPostgresError =>
  new EmbeddedPostgresError(
    'SERVER_DIED',
    `The embedded Postgres exited unexpectedly (${how}), so this process exits too. Start it again: the next start recovers the data.`,
  );

const ready = (child: ChildProcess, { clusterDir, log }: LaunchOptions): Promise<void> =>
  new Promise((resolve, reject) => {
    const lines: string[] = [];
    const isPortTaken = () => lines.some((line) => line.includes(PORT_TAKEN));
    const fail = (cause?: Error) => {
      const text = `Postgres did not start on ${clusterDir}: ${lines.join(' / ')}`;
      reject(new EmbeddedPostgresError(isPortTaken() ? 'PORT_TAKEN' : 'START_FAILED', text, { cause }));
    };
    child.once('error', fail);
    child.once('close', () => fail());
    if (!child.stderr) return;
    createInterface({ input: child.stderr }).on('line', (line) => {
      lines.push(line);
      if (lines.length > LAST_LINES) lines.shift();
      if (line.includes(READY)) resolve();
      const isExpected = line.includes(CONNECTION_ENDED) || isPortTaken();
      if (/\b(FATAL|PANIC):/.test(line) && !isExpected) log.warn({ line }, 'postgres');
      else log.debug({ line }, 'postgres');
    });
  });

const stopChild = async (child: ChildProcess, exited: Promise<void>): Promise<void> => {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGINT');
  const immediate = setTimeout(() => child.kill('SIGQUIT'), FAST_STOP_MS);
  const last = setTimeout(() => child.kill('SIGKILL'), FAST_STOP_MS + IMMEDIATE_STOP_MS);
  await exited;
  clearTimeout(immediate);
  clearTimeout(last);
};

const MAX_TRIES = 5;

/**
 * Starts a server on the preferred port of 127.0.0.1, or on another one if that is taken. If another process takes a free
 * port first, tries the next one.
 * @throws EmbeddedPostgresError PORT_TAKEN after five attempts, and every other error of `start`
 */
export const onFreePort = async <Server>(
  preferred: number,
  start: (port: number) => Promise<Server>,
): Promise<{ port: number; server: Server }> => {
  for (let tries = 1; ; tries++) {
    const port = await freePort(tries === 1 ? preferred : 0);
    try {
      return { port, server: await start(port) };
    } catch (error) {
      const isTaken = error instanceof EmbeddedPostgresError && error.code === 'PORT_TAKEN';
      if (!isTaken || tries === MAX_TRIES) throw error;
    }
  }
};

const freePort = async (preferred: number): Promise<number> =>
  (await tryListen(preferred)) ?? (await tryListen(0)) ?? preferred;

const tryListen = (port: number): Promise<number | undefined> =>
  new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(undefined));
    server.listen(port, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' ? address?.port : undefined));
    });
  });
