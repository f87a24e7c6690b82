import type { Logger } from '../world.ts';
import { findBinaries } from './embedded/binaries.ts';
import { type Cluster, clusterDirOf, openCluster, SUPERUSER } from './embedded/cluster.ts';
import { freePort } from './embedded/free-port.ts';
import { place } from './embedded/placement.ts';
import { launchServer } from './embedded/server-process.ts';
import { type Durability, type ServerSettings, serverSettings } from './embedded/settings.ts';
import { type Found, ownerSetting, takeOver } from './embedded/take-over.ts';

export type EmbeddedPostgresOptions = {
  /** Holds, or will hold, the cluster in its folder `postgres`. */
  readonly dataDir: string;
  /** Taken where it is free, else another free one. */
  readonly port?: number;
  readonly log: Logger;
  readonly durability?: Durability;
  /** On top of the usual ones, as Postgres names them. */
  readonly settings?: ServerSettings;
};

export type EmbeddedPostgres = {
  /** Connection URL of the superuser, password included: never log it. */
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  /** Where cluster and password really are. */
  readonly home: string;
  /** What the start found: a new cluster, one that was stopped in order, or one left behind by a killed process. */
  readonly how: 'created' | 'started' | 'recovered';
  stop(): Promise<void>;
};

const PREFERRED_PORT = 54_320;

/**
 * Starts a real Postgres of its own on 127.0.0.1, with its data in `dataDir`. A server left behind by a process that
 * was killed is stopped first.
 * @throws EmbeddedPostgresError with a `code` and what to do
 */
export const startEmbeddedPostgres = async (options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> => {
  const { dataDir, log, durability = 'full' } = options;
  const placement = await place(dataDir, await findBinaries());
  const found = await takeOver(clusterDirOf(placement.home));
  const cluster = await openCluster(placement, durability);
  const port = await freePort(options.port ?? PREFERRED_PORT);
  const server = await launchServer({
    placement,
    clusterDir: cluster.dir,
    port,
    settings: { ...serverSettings(durability), ...ownerSetting(process.pid), ...options.settings },
    log,
  });
  const how = howStarted(cluster, found);
  log.info({ port, home: placement.home, how }, 'embedded Postgres is up');
  return { url: urlOf(cluster, port), port, pid: server.pid, home: placement.home, how, stop: server.stop };
};

const urlOf = ({ password }: Cluster, port: number): string =>
  `postgres://${SUPERUSER}:${password}@127.0.0.1:${port}/postgres`;

const howStarted = ({ created }: Cluster, found: Found): EmbeddedPostgres['how'] => {
  if (created) return 'created';
  return found === 'nothing' ? 'started' : 'recovered';
};
