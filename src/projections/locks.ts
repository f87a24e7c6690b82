import type { ClientBase } from 'pg';
import { z } from 'zod';
import type { Queryable } from '../db/session.ts';
import { allProjections } from './all.ts';
import type { ActiveState, Projection, ShapeName } from './projection.ts';

/** Names the lock of a projection. The process that holds it runs the generation of this shape in this state. */
export const lockName = ({ name, shape }: ShapeName, state: ActiveState): string =>
  `carillon ${state} projection ${name} v${shape}`;

/**
 * Tries to take the locks that are not held yet. Locks last as long as the connection. Returns all held projections.
 */
export const takeLocks = async (
  client: ClientBase,
  wanted: readonly Projection[],
  { state, held }: { readonly state: ActiveState; readonly held: ReadonlySet<Projection> },
): Promise<Set<Projection>> => {
  const missing = wanted.filter((projection) => !held.has(projection));
  const { rows } = await client.query<{ taken: boolean }>(
    `SELECT pg_try_advisory_lock(hashtextextended(name, 0)) AS taken
     FROM unnest($1::text[]) WITH ORDINALITY AS wanted (name, place) ORDER BY place`,
    [missing.map((projection) => lockName(projection, state))],
  );
  return new Set([...held, ...missing.filter((_, index) => rows[index]?.taken)]);
};

/** Returns the names of the projections that no process runs: the lock of their live generation is free. */
export const unattendedProjections = async (
  pool: Queryable,
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
