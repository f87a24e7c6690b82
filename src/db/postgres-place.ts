import pg from 'pg';
import { z } from 'zod';
import { defined } from '../domain/defined.ts';
import type { Logger } from '../runtime/runtime.ts';

/** What distinguishes one database of Postgres from all others, and stays the same over a restart and a failover. */
export type PostgresPlace = {
  /** The system identifier of the cluster, made at initdb and shared by its standbys. */
  readonly system?: string;
  /** The object id of the database. */
  readonly database?: string;
  /** The timeline of the cluster, which a promotion and a recovery raise. */
  readonly timeline?: number;
  /** The newest timeline that was left by a recovery to a point in time. */
  readonly recoveredFrom?: number;
};

const Found = z.tuple([z.object({ value: z.string().nullable() })]);

/** Not permitted, no such function, and not to be had of this kind of server. */
const WITHHELD: ReadonlySet<string> = new Set(['42501', '42883', '0A000', '55000']);

/** The name of a WAL file begins with the timeline, in hexadecimal. */
const TIMELINE = 'substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8)';

/**
 * Reads where this database is. What the server withholds from this user is left out: a restored copy is then noticed
 * by what is left, or not at all.
 */
export const readPostgresPlace = async (pool: Pick<pg.Pool, 'query'>, log: Logger): Promise<PostgresPlace> => {
  const ask = async (query: string): Promise<string | undefined> => {
    try {
      const [{ value }] = Found.parse((await pool.query(`select ${query} as value`)).rows);
      return value ?? undefined;
    } catch (error) {
      if (error instanceof pg.DatabaseError && WITHHELD.has(error.code ?? '')) return undefined;
      throw error;
    }
  };
  const system = await ask('(select system_identifier::text from pg_control_system())');
  const database = await ask('(select oid::text from pg_database where datname = current_database())');
  const timeline = await ask(TIMELINE);
  // Superusers may read it, and who was granted the function.
  const history = await ask(`pg_read_file('pg_wal/' || ${TIMELINE} || '.history', 0, 1000000, true)`);
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

/** What the history says of a timeline that was left by the promotion of a standby. */
const FAILOVER = 'no recovery target specified';

/** The newest timeline in a history file that ended otherwise than by a failover: a line has its number, WAL place and why. */
export const lastRecovery = (history: string): number | undefined =>
  history
    .split('\n')
    .flatMap((line) => {
      const [, timeline, why] = /^\s*(\d+)\s+\S+\s+(.*\S)/.exec(line) ?? [];
      return timeline === undefined || why === FAILOVER ? [] : [Number(timeline)];
    })
    .at(-1);
