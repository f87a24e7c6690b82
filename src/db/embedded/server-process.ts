import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmod, chown, cp, mkdir, realpath, rename, rm, rmdir, stat, symlink } from 'node:fs/promises';
import { createServer } from 'node:net';
import path from 'node:path';
import { createInterface } from 'node:readline';
import type { Logger } from '../../runtime/runtime.ts';
import { openDataFolder } from '../data-folder.ts';
import {
  type Binaries,
  EmbeddedPostgresError,
  postgresOf,
  runProgram,
  type ServerSettings,
  type ServerUser,
  serverEnvironment,
  settingArguments,
} from './binaries.ts';

export type Placement = {
  readonly binaries: Binaries;
  /** Holds the cluster and its password; owned by the server's user, mode 0700. */
  readonly home: string;
  readonly user: ServerUser | undefined;
};

/** Holds, if this process is root, the files that the server's user can't reach elsewhere. */
const SYSTEM_FOLDER = '/var/lib/carillon';
const HOME = 'postgres';

/**
 * Determines the folders of binaries and data, and creates the data folder. If this process is root and the server's user
 * can't reach a folder (such as one below /root), uses /var/lib/carillon instead, with a link to it in the data folder.
 * @throws EmbeddedPostgresError NO_SERVER_USER, NOT_OURS; DataFolderUnusable
 */
export const placeCluster = async (dataDir: string, binaries: Binaries): Promise<Placement> => {
  await openDataFolder(dataDir);
  const wanted = path.join(await realpath(dataDir), HOME);
  const found = await realpath(wanted).catch(() => undefined);
  const user = await chooseServerUser(found ?? wanted);
  if (!user) return { binaries, home: await makeOwnHome(found ?? wanted), user };
  return {
    binaries: await reachableBinaries(binaries, user),
    home: await reachableHome(found ?? wanted, wanted, user),
    user,
  };
};

const makeOwnHome = async (home: string): Promise<string> => {
  await mkdir(home, { recursive: true, mode: 0o700 });
  const { uid } = await stat(home);
  if (uid === process.getuid?.()) return home;
  throw new EmbeddedPostgresError(
    'NOT_OURS',
    `${home} belongs to another user (uid ${uid}), probably because Carillon was started as root before. Start it as that user or as root, or choose another folder: CARILLON_DATA=…`,
  );
};

const reachableHome = async (home: string, wanted: string, user: ServerUser): Promise<string> => {
  await makeHomeFor(home, user);
  if (await userCan(user, '-w', home)) return home;
  await removeEmpty(wanted);
  const elsewhere = path.join(SYSTEM_FOLDER, shortHash(wanted), HOME);
  await makeSystemFolder(path.dirname(elsewhere));
  await makeHomeFor(elsewhere, user);
  await symlink(elsewhere, wanted);
  return elsewhere;
};

const removeEmpty = (home: string): Promise<void> =>
  rmdir(home).catch((cause: unknown) => {
    throw new EmbeddedPostgresError(
      'NOT_OURS',
      `The user that runs Postgres can't reach its data in ${home}: it has no access to a parent folder. Grant access (chmod o+x), or choose another folder: CARILLON_DATA=…`,
      { cause },
    );
  });

const makeHomeFor = async (home: string, { uid, gid }: ServerUser): Promise<void> => {
  await mkdir(home, { recursive: true });
  await chown(home, uid, gid);
  await chmod(home, 0o700);
};

const reachableBinaries = async (binaries: Binaries, user: ServerUser): Promise<Binaries> => {
  if (await userCan(user, '-x', postgresOf(binaries))) return binaries;
  const root = path.join(SYSTEM_FOLDER, `binaries-${binaries.version}-${shortHash(binaries.root)}`);
  const copy = { ...binaries, root };
  if (await userCan(user, '-x', postgresOf(copy))) return copy;
  await makeSystemFolder(SYSTEM_FOLDER);
  const partial = `${root}.${process.pid}`;
  await rm(partial, { recursive: true, force: true });
  await cp(binaries.root, partial, { recursive: true, verbatimSymlinks: true });
  await chmod(partial, 0o755);
  await rm(root, { recursive: true, force: true });
  await rename(partial, root);
  return copy;
};

/** Creates folders that the server's user can pass through, whatever the umask of root. */
const makeSystemFolder = async (folder: string): Promise<void> => {
  await mkdir(folder, { recursive: true });
  await chmod(SYSTEM_FOLDER, 0o755);
  await chmod(folder, 0o755);
};

const shortHash = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 16);

export const isRoot = (): boolean => process.getuid?.() === 0;

/**
 * Chooses the user that the server runs as; undefined means the user of this process. For root it is the owner of the
 * existing cluster, else `postgres` (created if missing), else `nobody`.
 * @throws EmbeddedPostgresError NO_SERVER_USER
 */
const chooseServerUser = async (clusterDir: string): Promise<ServerUser | undefined> => {
  if (!isRoot()) return undefined;
  const user =
    (await ownerOf(clusterDir)) ?? (await lookUp('postgres')) ?? (await createUser()) ?? (await lookUp('nobody'));
  if (user) return user;
  throw new EmbeddedPostgresError(
    'NO_SERVER_USER',
    "Postgres can't run as root, and there is no user postgres and it could not be created. Start as another user, or add the user: useradd --system postgres",
  );
};

/** Returns whether the user can execute (`-x`) or write to (`-w`) the target, using the `test` command as that user. */
const userCan = async (user: ServerUser, operator: '-x' | '-w', target: string): Promise<boolean> =>
  (await runProgram('/bin/sh', ['-c', 'test "$0" "$1"', operator, target], user)).code === 0;

const ownerOf = async (folder: string): Promise<ServerUser | undefined> => {
  const found = await stat(folder).catch(() => undefined);
  return found && found.uid !== 0 ? { uid: found.uid, gid: found.gid } : undefined;
};

const lookUp = async (name: string): Promise<ServerUser | undefined> => {
  const [uid, gid] = await Promise.all([runProgram('id', ['-u', name]), runProgram('id', ['-g', name])]);
  if (uid.code !== 0 || gid.code !== 0) return undefined;
  return { uid: Number(uid.output), gid: Number(gid.output) };
};

const createUser = async (): Promise<ServerUser | undefined> => {
  await runProgram('useradd', ['--system', '--user-group', '--no-create-home', 'postgres']);
  return lookUp('postgres');
};

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
