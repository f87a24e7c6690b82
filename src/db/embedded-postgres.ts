import { randomBytes } from 'node:crypto';
import { access, chown, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Logger } from '../runtime/runtime.ts';
import {
  type Binaries,
  type Durability,
  EmbeddedPostgresError,
  findBinaries,
  initdbOf,
  runProgram,
  type ServerSettings,
  serverSettings,
} from './embedded/binaries.ts';
import { launchServer, onFreePort, type Placement, placeCluster } from './embedded/server-process.ts';
import { type LockState, ownerSetting, takeOver } from './embedded/take-over.ts';

export type EmbeddedPostgresOptions = {
  /** The cluster is, or will be, in the folder `postgres` below it. */
  readonly dataDir: string;
  /** The preferred port. If it is taken, another free one is used. */
  readonly port?: number;
  readonly log: Logger;
  readonly durability?: Durability;
  /** Additional server settings, by their names in Postgres. */
  readonly settings?: ServerSettings;
  /** Which Postgres to run; by default the one that is installed for this platform. */
  readonly binaries?: Binaries | undefined;
};

export type EmbeddedPostgres = {
  /** Connection URL of the superuser, password included: never log it. */
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  /** The folder of the cluster and its password, with links resolved. */
  readonly home: string;
  /** Whether the cluster was new, had been shut down cleanly, or was left behind by a killed process. */
  readonly how: 'created' | 'started' | 'recovered';
  /** Resolves if the server ends without `stop`. */
  readonly died: Promise<EmbeddedPostgresError>;
  stop(): Promise<void>;
};

const PREFERRED_PORT = 54_320;

/**
 * Starts a Postgres server on 127.0.0.1 with its data in `dataDir`. Stops a server that a killed process left behind.
 * @throws EmbeddedPostgresError with a message that states what to do
 */
export const startEmbeddedPostgres = async (options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> => {
  const { dataDir, log, durability = 'full' } = options;
  const placement = await placeCluster(dataDir, options.binaries ?? (await findBinaries()));
  const lock = await takeOver(clusterDirOf(placement.home));
  const cluster = await openCluster(placement, durability);
  const settings = { ...serverSettings(durability), ...ownerSetting(process.pid), ...options.settings };
  const { port, server } = await onFreePort(options.port ?? PREFERRED_PORT, (port) =>
    launchServer({ placement, clusterDir: cluster.dir, port, settings, log }),
  );
  const how = howStarted(cluster, lock);
  log.info({ port, home: placement.home, how }, 'embedded Postgres started');
  return {
    url: urlOf(cluster, port),
    port,
    pid: server.pid,
    home: placement.home,
    how,
    died: server.died,
    stop: server.stop,
  };
};

const urlOf = ({ password }: Cluster, port: number): string =>
  `postgres://${SUPERUSER}:${password}@127.0.0.1:${port}/postgres`;

const howStarted = ({ created }: Cluster, lock: LockState): EmbeddedPostgres['how'] => {
  if (created) return 'created';
  return lock === 'nothing' ? 'started' : 'recovered';
};

export type Cluster = { readonly dir: string; readonly password: string; readonly created: boolean };

export const SUPERUSER = 'carillon';
const PASSWORD_BYTES = 24;

export const clusterDirOf = (home: string): string => path.join(home, 'data');

/**
 * Opens the cluster and creates it at first use. It is created in a temporary folder and renamed into place, so that an
 * interruption or a simultaneous start never leaves an incomplete cluster.
 * @throws EmbeddedPostgresError PASSWORD_LOST, INIT_FAILED
 */
export const openCluster = async (placement: Placement, durability: Durability): Promise<Cluster> => {
  const dir = clusterDirOf(placement.home);
  const created = !(await exists(path.join(dir, 'PG_VERSION')));
  if (created) await initialise(placement, dir, durability);
  const password = await readFile(passwordFileIn(dir), 'utf8').catch((cause: unknown) => {
    throw new EmbeddedPostgresError(
      'PASSWORD_LOST',
      `The password file of the embedded Postgres is missing: ${passwordFileIn(dir)}. Restore it from a backup. Without one, delete ${dir}, which loses its data.`,
      { cause },
    );
  });
  return { dir, password: password.trim(), created };
};

/** The password file is in the cluster's own folder: Postgres ignores files that it does not know. */
const passwordFileIn = (dir: string): string => path.join(dir, 'carillon.password');

const initialise = async ({ home, binaries, user }: Placement, dir: string, durability: Durability) => {
  const temporary = path.join(home, `new-${process.pid}-${randomBytes(4).toString('hex')}`);
  const password = `${temporary}.password`;
  const clusterDir = path.join(temporary, 'data');
  try {
    await mkdir(temporary, { mode: 0o700 });
    await writeFile(password, `${randomBytes(PASSWORD_BYTES).toString('base64url')}\n`, { mode: 0o600, flag: 'wx' });
    if (user) await Promise.all([temporary, password].map((made) => chown(made, user.uid, user.gid)));
    const { code, output } = await runProgram(
      initdbOf(binaries),
      initdbArguments(clusterDir, password, durability),
      user,
    );
    if (code !== 0) throw new EmbeddedPostgresError('INIT_FAILED', `initdb failed for ${dir}: ${output.trim()}`);
    await rename(password, passwordFileIn(clusterDir));
    await rename(clusterDir, dir).catch(async (error: unknown) => {
      if (!(await exists(path.join(dir, 'PG_VERSION')))) throw error;
    });
  } finally {
    await Promise.all([temporary, password].map((made) => rm(made, { recursive: true, force: true })));
  }
};

const initdbArguments = (clusterDir: string, passwordFile: string, durability: Durability): string[] => [
  `--pgdata=${clusterDir}`,
  `--username=${SUPERUSER}`,
  `--pwfile=${passwordFile}`,
  '--auth=scram-sha-256',
  '--encoding=UTF8',
  '--locale=C.UTF-8',
  ...(durability === 'none' ? ['--no-sync'] : []),
];

const exists = (file: string): Promise<boolean> =>
  access(file).then(
    () => true,
    () => false,
  );
