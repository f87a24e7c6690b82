import type { Logger } from '../runtime/runtime.ts';
import { type Binaries, findBinaries } from './embedded/binaries.ts';
import { type Cluster, clusterDirOf, openCluster, SUPERUSER } from './embedded/cluster.ts';
import { placeCluster } from './embedded/placement.ts';
import {
  type Durability,
  type EmbeddedPostgresError,
  type ServerSettings,
  serverSettings,
} from './embedded/programs.ts';
import { launchServer, onFreePort } from './embedded/server-process.ts';
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
 * Starts a Postgres server on 127.0.0.1 with its data in `dataDir`. If a killed process left a server behind, that one
 * is stopped first.
 * @throws EmbeddedPostgresError whose message says what to do
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
  log.info({ port, home: placement.home, how }, 'embedded Postgres is up');
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
