import type { Pool, PoolClient } from 'pg';
import { z } from 'zod';
import { DomainError } from '../domain/domain-error.ts';
import { newestBuilds, recordBuild } from './builds.ts';
import type { Projection } from './projection.ts';
import type { BuildOrder, BuildStarted, RebuildPlan } from './queries/projection-views.ts';
import { ensureBuilding, findGenerations } from './registry.ts';
import { REBUILD_CHANNEL } from './run-building.ts';

/** A projection of this name, or every one (`all`), among those that this release has. */
export type ChosenProjections = { readonly name: string; readonly projections: readonly Projection[] };

/** @throws DomainError PROJECTION_NOT_FOUND */
export const chosen = ({ name, projections }: ChosenProjections): readonly Projection[] => {
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
 * the beginning of the log, beside the live one. A rebuild is swapped in when it has caught up; a verification is
 * compared with the live one and dropped.
 * @throws DomainError PROJECTION_NOT_FOUND; REBUILD_IN_PROGRESS where one of them is being built, with how far that is
 */
export const requestBuild = async (
  pool: Pick<Pool, 'connect'>,
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

const Rows = z.array(
  z.object({ name: z.string(), events: z.coerce.number(), size: z.coerce.number(), rate: z.number().nullable() }),
);

/**
 * Returns what a rebuild would do, and does nothing.
 * @throws DomainError PROJECTION_NOT_FOUND
 */
export const planRebuild = async (pool: Pick<Pool, 'query'>, which: ChosenProjections): Promise<RebuildPlan[]> => {
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
  return Rows.parse(rows).map(({ name, events, size, rate }) => ({
    name,
    events,
    sizeBytes: size,
    estimatedMs: Math.ceil(events / (rate ?? ASSUMED_PER_SECOND)) * 1_000,
  }));
};
