import pg from 'pg';
import { z } from 'zod';
import type { Logger } from '../world.ts';

/** What tells one database of Postgres from all others, and stays the same over a restart and a failover. */
export type PostgresPlace = {
  /** The system identifier of the cluster, made at initdb and shared by its standbys. */
  readonly system?: string;
  /** The object id of the database. */
  readonly database?: string;
  /** The timeline of the cluster, which a promotion and a recovery raise. */
  readonly timeline?: number;
};

const Text = z.tuple([z.object({ value: z.string() })]);

/** Not permitted, no such function, and not to be had of this kind of server. */
const WITHHELD: ReadonlySet<string> = new Set(['42501', '42883', '0A000', '55000']);

/**
 * Reads where this database is. What the server withholds from this user is left out, and logged: a restored copy is
 * then noticed by what is left, or not at all.
 */
export const readPostgresPlace = async (pool: Pick<pg.Pool, 'query'>, log: Logger): Promise<PostgresPlace> => {
  const ask = async (what: string, query: string): Promise<string | undefined> => {
    try {
      const [{ value }] = Text.parse((await pool.query(query)).rows);
      return value;
    } catch (error) {
      if (!(error instanceof pg.DatabaseError && WITHHELD.has(error.code ?? ''))) throw error;
      log.warn(
        { error: error.message },
        `Postgres does not tell its ${what}: a restored copy of this log is noticed less surely`,
      );
      return undefined;
    }
  };
  const system = await ask('system identifier', 'select system_identifier::text as value from pg_control_system()');
  const database = await ask(
    'database id',
    'select oid::text as value from pg_database where datname = current_database()',
  );
  const walFile = await ask('timeline', 'select pg_walfile_name(pg_current_wal_lsn()) as value');
  return {
    ...(system === undefined ? {} : { system }),
    ...(database === undefined ? {} : { database }),
    ...(walFile === undefined ? {} : { timeline: Number.parseInt(walFile.slice(0, TIMELINE_DIGITS), 16) }),
  };
};

/** The name of a WAL file begins with the timeline, in hexadecimal. */
const TIMELINE_DIGITS = 8;
