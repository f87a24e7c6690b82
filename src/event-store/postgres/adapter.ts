import pg from 'pg';
import { z } from 'zod';
import { boundedConfig, closeConnection } from '../../db/bounds.ts';
import { migrate } from '../../db/migrate.ts';
import { defined } from '../../domain/defined.ts';
import type { Logger } from '../../runtime/runtime.ts';
import { LogUnavailable } from '../errors.ts';
import type { LogAdapter } from '../log-kind.ts';
import { createPostgresEventStore } from './store.ts';

/** Identifies a database of Postgres, across restarts and failovers. */
export type PostgresPlace = {
  /** System identifier of the cluster, created by initdb and shared by its standbys. */
  readonly system?: string;
  /** The object id of the database. */
  readonly database?: string;
  /** Timeline of the cluster; a promotion or recovery increments it. */
  readonly timeline?: number;
  /** The newest timeline that was left by a point-in-time recovery. */
  readonly recoveredFrom?: number;
};

const Found = z.tuple([z.object({ value: z.string().nullable() })]);

/** Not permitted, no such function, and not supported by this kind of server. */
const WITHHELD: ReadonlySet<string> = new Set(['42501', '42883', '0A000', '55000']);

/** The name of a WAL file begins with the timeline, in hexadecimal. */
const TIMELINE = 'substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8)';

/**
 * Reads the identity of this database. Omits what the server withholds from this user: a restored copy is then detected by
 * the remaining fields, or not at all.
 */
export const readPostgresPlace = async (pool: Pick<pg.Pool, 'query'>, log: Logger): Promise<PostgresPlace> => {
  const request = async (query: string): Promise<string | undefined> => {
    try {
      const [{ value }] = Found.parse((await pool.query(`select ${query} as value`)).rows);
      return value ?? undefined;
    } catch (error) {
      if (error instanceof pg.DatabaseError && WITHHELD.has(error.code ?? '')) return undefined;
      throw error;
    }
  };
  const system = await request('(select system_identifier::text from pg_control_system())');
  const database = await request('(select oid::text from pg_database where datname = current_database())');
  const timeline = await request(TIMELINE);
  // Superusers can read it, and users with a grant of the function.
  const history = await request(`pg_read_file('pg_wal/' || ${TIMELINE} || '.history', 0, 1000000, true)`);
  if (system === undefined) {
    log.warn(
      {},
      'no access to the system identifier of Postgres: a restored copy of this log is detected only by its database id',
    );
  }
  const recoveredFrom = history === undefined ? undefined : lastRecovery(history);
  return defined({
    system,
    database,
    timeline: timeline === undefined ? undefined : Number.parseInt(timeline, 16),
    recoveredFrom,
  });
};

/** The history's reason for a timeline that was left by the promotion of a standby. */
const FAILOVER = 'no recovery target specified';

/**
 * The newest timeline in a history file that did not end by a failover. Each line has a number, a WAL position and a reason.
 */
export const lastRecovery = (history: string): number | undefined =>
  history
    .split('\n')
    .flatMap((line) => {
      const [, timeline, why] = /^\s*(\d+)\s+\S+\s+(.*\S)/.exec(line) ?? [];
      return timeline === undefined || why === FAILOVER ? [] : [Number(timeline)];
    })
    .at(-1);

const TIMEOUT_MS = 4_000;

export const postgresAdapter: LogAdapter = {
  // DATABASE_URL is checked with the settings.
  checkUrl: () => {},
  prepare: async ({ url }, log) => {
    await migrate(url, log);
  },
  open: ({ url }, options) => createPostgresEventStore({ connection: { connectionString: url }, ...options }),
  place: async ({ url }, log) => {
    const client = new pg.Client({
      connectionString: url,
      ...boundedConfig({ name: 'carillon log place', timeoutMs: TIMEOUT_MS }),
    });
    // A server that stops may report it while this connection is being closed.
    client.on('error', () => {});
    try {
      await client.connect();
      return await readPostgresPlace(client, log);
    } finally {
      await closeConnection(client).catch(() => {});
    }
  },
  describe: () => 'the log in Postgres',
  isAway: (failure) => failure instanceof LogUnavailable,
  explain: (failure) => failure,
};
