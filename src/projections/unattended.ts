import type { Pool } from 'pg';
import { z } from 'zod';
import { allProjections } from './all.ts';
import { lockName } from './locks.ts';
import type { Projection } from './projection.ts';

/** Returns the names of the projections that no process runs: nobody holds the lock of their live generation. */
export const unattendedProjections = async (
  pool: Pick<Pool, 'query'>,
  projections: readonly Projection[] = allProjections,
): Promise<string[]> => {
  const { rows } = await pool.query(
    `SELECT name FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS wanted (name, lock, place)
     WHERE NOT EXISTS (
       SELECT FROM pg_locks
       WHERE locktype = 'advisory' AND granted AND objsubid = 1
         AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
         AND (classid::bigint << 32) | objid::bigint = hashtextextended(wanted.lock, 0))
     ORDER BY place`,
    [projections.map(({ name }) => name), projections.map((each) => lockName(each, 'live'))],
  );
  return z
    .array(z.object({ name: z.string() }))
    .parse(rows)
    .map(({ name }) => name);
};
