import type { ClientBase } from 'pg';
import { inTransaction } from '../db/session.ts';
import { lockName } from './locks.ts';
import { generationSchema, type Projection, viewSchema } from './projection.ts';
import type { Generation } from './registry.ts';

/** Retires a generation that was built and is not to become the live one. */
export const retireGeneration = async (
  client: ClientBase,
  { projection, generation }: Pick<Generation, 'projection' | 'generation'>,
): Promise<void> => {
  await client.query(
    `UPDATE projection_generations SET state = 'retired'
     WHERE projection = $1 AND generation = $2 AND state = 'building'`,
    [projection.name, generation],
  );
};

/** Drops the tables of retired generations. Waits for queries that still read them. */
export const dropRetired = async (client: ClientBase, projections: readonly Projection[]): Promise<void> => {
  const { rows } = await client.query<{ projection: string; generation: number }>(
    `SELECT projection, generation FROM projection_generations WHERE state = 'retired' AND projection = ANY ($1)`,
    [projections.map(({ name }) => name)],
  );
  for (const { projection, generation } of rows) {
    await client.query(`DROP SCHEMA IF EXISTS ${generationSchema(projection, generation)} CASCADE`);
    await client.query('DELETE FROM projection_generations WHERE projection = $1 AND generation = $2', [
      projection,
      generation,
    ]);
  }
};

/** Retires the generations of other shapes that no process runs any more. They belong to other releases. */
export const retireOtherShapes = (client: ClientBase, { name, shape }: Projection): Promise<void> =>
  inTransaction(client, async () => {
    const { rows } = await client.query<{ shape: string }>(
      `SELECT DISTINCT shape FROM projection_generations WHERE projection = $1 AND shape <> $2 AND state <> 'retired'`,
      [name, shape],
    );
    for (const other of rows) {
      const { rows: tried } = await client.query<{ free: boolean }>(
        'SELECT pg_try_advisory_xact_lock(hashtextextended($1, 0)) AS free',
        [lockName({ name, shape: other.shape }, 'live')],
      );
      if (!tried[0]?.free) continue;
      await client.query(`DROP SCHEMA IF EXISTS ${viewSchema({ name, shape: other.shape })} CASCADE`);
      await client.query(`UPDATE projection_generations SET state = 'retired' WHERE projection = $1 AND shape = $2`, [
        name,
        other.shape,
      ]);
    }
  });
