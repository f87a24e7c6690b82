import type { ClientBase } from 'pg';
import { z } from 'zod';
import { inTransaction, type Queryable } from '../db/session.ts';
import type { Position } from '../event-store/port.ts';
import { allProjections, everyProjection } from './all.ts';
import { type ActiveState, generationSchema, type Projection, type ShapeName, viewSchema } from './projection.ts';

export type Checkpoint = {
  readonly position: Position | undefined;
  /** The last event handled. The next start checks that the log still holds it. */
  readonly lastEvent: { readonly logId: string; readonly position: Position; readonly eventId: string } | undefined;
};

export type Generation = {
  readonly projection: Projection;
  readonly generation: number;
  readonly schema: string;
  readonly checkpoint: Checkpoint;
};

type Row = {
  projection: string;
  generation: number;
  log_id: string | null;
  position: string | null;
  event_position: string | null;
  event_id: string | null;
};

/** Finds the generations of these projections in this state, for the shape that this version expects. */
export const findGenerations = async (
  client: ClientBase,
  projections: readonly Projection[],
  state: ActiveState,
): Promise<Generation[]> => {
  const { rows } = await client.query<Row>({
    name: 'projections_found',
    text: `SELECT g.projection, g.generation, g.log_id, g.position, g.event_position, g.event_id
     FROM projection_generations AS g
     JOIN unnest($1::text[], $2::text[]) AS wanted (name, shape) ON g.projection = wanted.name AND g.shape = wanted.shape
     WHERE g.state = $3`,
    values: [projections.map(({ name }) => name), projections.map(({ shape }) => shape), state],
  });
  return projections.flatMap((projection) => {
    const row = rows.find((each) => each.projection === projection.name);
    return row ? [generationOf(projection, row)] : [];
  });
};

const generationOf = (projection: Projection, row: Row): Generation => ({
  projection,
  generation: row.generation,
  schema: generationSchema(projection.name, row.generation),
  checkpoint: {
    position: row.position ?? undefined,
    lastEvent:
      row.log_id !== null && row.event_position !== null && row.event_id !== null
        ? { logId: row.log_id, position: row.event_position, eventId: row.event_id }
        : undefined,
  },
});

const MAKING_LOCK = 'carillon projection generations';

/**
 * Returns the live generations and creates missing ones. A created generation is live immediately although it is empty,
 * because none exists with this shape. Processes that start together create it once.
 */
export const ensureLive = (client: ClientBase, projections: readonly Projection[]): Promise<Generation[]> =>
  inTransaction(client, async () => {
    await client.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [MAKING_LOCK]);
    const found = await findGenerations(client, projections, 'live');
    const missing = projections.filter((projection) => !found.some((each) => each.projection === projection));
    for (const projection of missing) {
      const generation = await addGeneration(client, projection, 'live');
      await client.query(
        `DELETE FROM projection_generations WHERE projection = $1 AND shape = $2 AND state = 'failed'`,
        [projection.name, projection.shape],
      );
      await client.query(projection.indexes(generationSchema(projection.name, generation)));
      await pointViews(client, projection, generation);
    }
    return missing.length === 0 ? found : await findGenerations(client, projections, 'live');
  });

/** Creates a generation to build beside the live one, unless one is already being built. Returns its number. */
export const ensureBuilding = (client: ClientBase, projection: Projection): Promise<number> =>
  inTransaction(client, async () => {
    await client.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [MAKING_LOCK]);
    const [found] = await findGenerations(client, [projection], 'building');
    return found?.generation ?? (await addGeneration(client, projection, 'building'));
  });

/** Numbers are never reused, because a build is still shown after its tables were dropped. */
const addGeneration = async (client: ClientBase, projection: Projection, state: ActiveState): Promise<number> => {
  const { rows } = await client.query<{ generation: number }>(
    `INSERT INTO projection_generations (projection, generation, shape, state)
     SELECT $1, coalesce(max(generation), 0) + 1, $2, $3 FROM (
       SELECT generation FROM projection_generations WHERE projection = $1
       UNION ALL SELECT generation FROM projection_builds WHERE projection = $1
     ) AS earlier
     RETURNING generation`,
    [projection.name, projection.shape, state],
  );
  const generation = rows[0]?.generation ?? 1;
  const schema = generationSchema(projection.name, generation);
  await client.query(`CREATE SCHEMA ${schema}; ${projection.tables(schema)}`);
  return generation;
};

/** Points the readers' views to this generation. */
export const pointViews = async (client: ClientBase, projection: Projection, generation: number): Promise<void> => {
  const from = generationSchema(projection.name, generation);
  const views = viewSchema(projection);
  const tables = projection.views.map(
    (name) => `CREATE OR REPLACE VIEW ${views}.${name} AS SELECT * FROM ${from}.${name}`,
  );
  await client.query([`CREATE SCHEMA IF NOT EXISTS ${views}`, ...tables].join(';\n'));
};

/** Retires a generation that was built for comparison. */
export const retireGeneration = async (client: ClientBase, { projection, generation }: Generation): Promise<void> => {
  await client.query(
    `UPDATE projection_generations SET state = 'retired'
     WHERE projection = $1 AND generation = $2 AND state = 'building'`,
    [projection.name, generation],
  );
};

/** Drops the tables of retired generations. Waits for queries that still read them. */
export const dropRetired = async (client: ClientBase): Promise<void> => {
  const { rows } = await client.query<{ projection: string; generation: number }>({
    name: 'projections_retired',
    text: "SELECT projection, generation FROM projection_generations WHERE state = 'retired'",
  });
  for (const { projection, generation } of rows) {
    await client.query(`DROP SCHEMA IF EXISTS ${generationSchema(projection, generation)} CASCADE`);
    await client.query('DELETE FROM projection_generations WHERE projection = $1 AND generation = $2', [
      projection,
      generation,
    ]);
  }
};

/**
 * Retires the generations that belong to other versions and that no process runs any more: those of other shapes of this
 * projection, and those of read models that this version doesn't have.
 */
export const retireReplaced = (client: ClientBase, { name, shape }: Projection): Promise<void> =>
  inTransaction(client, async () => {
    const { rows } = await client.query<{ name: string; shape: string }>(
      `SELECT DISTINCT projection AS name, shape FROM projection_generations
       WHERE state <> 'retired' AND (projection = $1 AND shape <> $2 OR projection <> ALL ($3::text[]))`,
      [name, shape, [name, ...everyProjection.map((each) => each.name)]],
    );
    for (const other of rows) {
      const { rows: tried } = await client.query<{ free: boolean }>(
        'SELECT pg_try_advisory_xact_lock(hashtextextended($1, 0)) AS free',
        [lockName(other, 'live')],
      );
      if (!tried[0]?.free) continue;
      await client.query(`DROP SCHEMA IF EXISTS ${viewSchema(other)} CASCADE`);
      await client.query(`UPDATE projection_generations SET state = 'retired' WHERE projection = $1 AND shape = $2`, [
        other.name,
        other.shape,
      ]);
    }
  });

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
  if (missing.length === 0) return new Set(held);
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
