import type { Pool, PoolClient } from 'pg';
import { z } from 'zod';
import type { Queryable } from '../db/session.ts';
import { DomainError } from '../domain/domain-error.ts';
import type { Position } from '../event-store/port.ts';
import type { Projection } from './projection.ts';
import type { BuildOrder, BuildPhase, BuildStarted, RebuildPlan, RowDifference } from './queries/projection-views.ts';
import { ensureBuilding, findGenerations, type Generation } from './registry.ts';

/** The notification channel that announces a new generation to build. */
export const REBUILD_CHANNEL = 'carillon_rebuild';

type GenerationRef = { readonly projection: string; readonly generation: number };

/** The differences between a built generation and the live one at the same position. */
export type Comparison = {
  readonly position: Position;
  readonly count: number;
  /** The first of them. */
  readonly differences: RowDifference[];
};

export type BuildRecord = GenerationRef &
  BuildOrder & {
    readonly phase: BuildPhase;
    readonly requestedAt: Date;
    readonly endedAt: Date | null;
    readonly readTo: Position | null;
    readonly eventsPerSecond: number | null;
    readonly positionsPerSecond: number | null;
    readonly comparison: Comparison | null;
  };

/** Records that a generation should be built. An existing build is unchanged. */
export const recordBuild = async (
  client: Queryable,
  { projection, generation, purpose, compares }: GenerationRef & BuildOrder,
): Promise<void> => {
  await client.query(
    `INSERT INTO projection_builds (projection, generation, purpose, compares, phase)
     VALUES ($1, $2, $3, $4, 'waiting') ON CONFLICT DO NOTHING`,
    [projection, generation, purpose, compares],
  );
};

const namesOf = (generations: readonly Generation[]) => [
  generations.map(({ projection }) => projection.name),
  generations.map(({ generation }) => generation),
];

const OF_THESE = `(projection, generation) IN (SELECT * FROM unnest($1::text[], $2::integer[]))`;

export const recordPhase = async (
  client: Queryable,
  generations: readonly Generation[],
  phase: BuildPhase,
): Promise<void> => {
  await client.query(
    `UPDATE projection_builds SET phase = $3, ended_at = CASE WHEN $3 = 'done' THEN now() END WHERE ${OF_THESE}`,
    [...namesOf(generations), phase],
  );
};

export type ReadingProgress = {
  readonly readTo: Position;
  readonly eventsPerSecond: number;
  readonly positionsPerSecond: number;
};

export const recordReading = async (
  client: Queryable,
  generations: readonly Generation[],
  { readTo, eventsPerSecond, positionsPerSecond }: ReadingProgress,
): Promise<void> => {
  await client.query(
    `UPDATE projection_builds SET phase = 'reading', read_to = $3, events_per_second = $4, positions_per_second = $5
     WHERE ${OF_THESE}`,
    [...namesOf(generations), readTo, eventsPerSecond, positionsPerSecond],
  );
};

export const recordComparison = async (
  client: Queryable,
  generation: Generation,
  { position, count, differences }: Comparison,
): Promise<void> => {
  await client.query(
    `UPDATE projection_builds SET compared_at = $3, difference_count = $4, differences = $5 WHERE ${OF_THESE}`,
    [...namesOf([generation]), position, count, JSON.stringify(differences)],
  );
};

/** Returns the newest build of each projection. */
export const newestBuilds = async (client: Queryable): Promise<BuildRecord[]> => {
  const { rows } = await client.query<BuildRecord>(
    `SELECT DISTINCT ON (projection) projection, generation, purpose, compares, phase, requested_at AS "requestedAt",
       ended_at AS "endedAt", read_to AS "readTo", events_per_second AS "eventsPerSecond",
       positions_per_second AS "positionsPerSecond",
       CASE WHEN compared_at IS NOT NULL THEN json_build_object(
         'position', compared_at, 'count', difference_count, 'differences', differences::json) END AS comparison
     FROM projection_builds ORDER BY projection, generation DESC`,
  );
  return rows;
};

/** Returns the purpose of a build. A build without a request, such as after a stream became readable again, is a rebuild. */
export const orderOf = async (client: Queryable, generation: Generation): Promise<BuildOrder> => {
  const { rows } = await client.query<BuildOrder>(
    `SELECT purpose, compares FROM projection_builds WHERE ${OF_THESE}`,
    namesOf([generation]),
  );
  return rows[0] ?? { purpose: 'rebuild', compares: false };
};

/** A projection of this name, or every one (`all`), of this version. */
type ChosenProjections = { readonly name: string; readonly projections: readonly Projection[] };

/** @throws DomainError PROJECTION_NOT_FOUND */
const chosen = ({ name, projections }: ChosenProjections): readonly Projection[] => {
  const found = name === 'all' ? projections : projections.filter((projection) => projection.name === name);
  if (found.length > 0) return found;
  const names = projections.map((projection) => projection.name).join(', ');
  throw new DomainError(
    'PROJECTION_NOT_FOUND',
    `There is no read model ${name.slice(0, 100)}. Use one of ${names}, or all.`,
  );
};

/**
 * Requests a new generation of one projection, or of every projection. A process that runs projections builds it from
 * the beginning of the log, beside the live one. A rebuild becomes the live one when it has caught up; a verification is
 * compared with the live one and dropped.
 * @throws DomainError PROJECTION_NOT_FOUND; REBUILD_IN_PROGRESS if one of them is being built, with its phase
 */
export const requestBuild = async (
  pool: Pool,
  which: ChosenProjections,
  order: BuildOrder,
): Promise<BuildStarted[]> => {
  const projections = chosen(which);
  const client = await pool.connect();
  let failure: Error | undefined;
  try {
    await rejectSecond(client, projections);
    const started: BuildStarted[] = [];
    for (const projection of projections) {
      const generation = await ensureBuilding(client, projection);
      await recordBuild(client, { projection: projection.name, generation, ...order });
      started.push({ name: projection.name, generation });
    }
    await client.query(`NOTIFY ${REBUILD_CHANNEL}`);
    return started;
  } catch (error) {
    failure = error instanceof Error ? error : new Error(String(error));
    throw failure;
  } finally {
    // After a failure the state of the connection is unknown, so it is not reused.
    client.release(failure instanceof DomainError ? undefined : failure);
  }
};

const rejectSecond = async (client: PoolClient, projections: readonly Projection[]): Promise<void> => {
  const building = await findGenerations(client, projections, 'building');
  if (building.length === 0) return;
  const builds = await newestBuilds(client);
  const builtNow = building.map(({ projection: { name }, generation }) => {
    const build = builds.find((each) => each.projection === name && each.generation === generation);
    return `${name} (generation ${generation}, ${build?.phase ?? 'reading'})`;
  });
  throw new DomainError(
    'REBUILD_IN_PROGRESS',
    `already being built: ${builtNow.join(', ')}; GET /projections shows the progress`,
  );
};

const ASSUMED_PER_SECOND = 30_000;

const PlanRows = z.array(
  z.object({ name: z.string(), events: z.coerce.number(), size: z.coerce.number(), rate: z.number().nullable() }),
);

/**
 * Returns what a rebuild would read and write, and starts none.
 * @throws DomainError PROJECTION_NOT_FOUND
 */
export const planRebuild = async (pool: Pool, which: ChosenProjections): Promise<RebuildPlan[]> => {
  const projections = chosen(which);
  const { rows } = await pool.query(
    `SELECT wanted.name, coalesce(live.events, 0) AS events,
       coalesce((SELECT sum(pg_total_relation_size(oid)) FROM pg_class
         WHERE relkind = 'r' AND relnamespace = to_regnamespace(live.projection || '_g' || live.generation)), 0) AS size,
       (SELECT events_per_second FROM projection_builds AS past
         WHERE past.projection = wanted.name AND past.phase = 'done' AND events_per_second > 0
         ORDER BY past.generation DESC LIMIT 1) AS rate
     FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS wanted (name, shape, place)
     LEFT JOIN projection_generations AS live
       ON live.projection = wanted.name AND live.shape = wanted.shape AND live.state = 'live'
     ORDER BY place`,
    [projections.map(({ name }) => name), projections.map(({ shape }) => shape)],
  );
  return PlanRows.parse(rows).map(({ name, events, size, rate }) => ({
    name,
    events,
    sizeBytes: size,
    estimatedMs: Math.ceil(events / (rate ?? ASSUMED_PER_SECOND)) * 1_000,
  }));
};
