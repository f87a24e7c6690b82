import type { Pool } from 'pg';
import type { Position } from '../event-store/port.ts';
import type { Projection } from './projection.ts';

/**
 * Whether every generation of these projections has taken in the log up to this position, also one that is being built. Those
 * of other releases do not count: nobody feeds them. Nothing is taken in where one has no generation yet.
 */
export const areTakenIn = async (
  pool: Pick<Pool, 'query'>,
  projections: readonly Projection[],
  position: Position,
): Promise<boolean> => {
  const { rows } = await pool.query(
    `SELECT FROM unnest($1::text[], $2::text[]) AS wanted (name, shape)
     LEFT JOIN projection_generations AS kept
       ON kept.projection = wanted.name AND kept.shape = wanted.shape AND kept.state IN ('live', 'building')
     WHERE kept.position IS NULL OR kept.position < $3 LIMIT 1`,
    [projections.map(({ name }) => name), projections.map(({ shape }) => shape), position],
  );
  return rows.length === 0;
};
