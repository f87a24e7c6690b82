import type { Pool, PoolClient } from 'pg';
import { Refusal } from '../domain/refusal.ts';
import { newestBuilds, recordBuild } from './builds.ts';
import type { Projection } from './projection.ts';
import type { BuildOrder } from './queries/build-order.ts';
import { ensureBuilding, findGenerations } from './registry.ts';
import { REBUILD_CHANNEL } from './run-building.ts';

export type StartedBuild = { readonly name: string; readonly generation: number };

/** A projection of this name, or every one (`all`), among those that this release has. */
export type ChosenProjections = { readonly name: string; readonly projections: readonly Projection[] };

/** @throws Refusal PROJECTION_NOT_FOUND */
export const chosen = ({ name, projections }: ChosenProjections): readonly Projection[] => {
  const found = name === 'all' ? projections : projections.filter((projection) => projection.name === name);
  if (found.length > 0) return found;
  const names = projections.map((projection) => projection.name).join(', ');
  throw new Refusal(
    'PROJECTION_NOT_FOUND',
    `there is no read model ${name.slice(0, 100)}: there are ${names}, and all`,
  );
};

/**
 * Requests a new generation of one projection, or of every projection. A process that runs projections builds it from
 * the beginning of the log, beside the live one. A rebuild is swapped in when it has caught up; a verification is
 * compared with the live one and dropped.
 * @throws Refusal PROJECTION_NOT_FOUND; BUILD_UNDER_WAY where one of them is being built, with how far that is
 */
export const requestBuild = async (
  pool: Pick<Pool, 'connect'>,
  which: ChosenProjections,
  order: BuildOrder,
): Promise<StartedBuild[]> => {
  const projections = chosen(which);
  const client = await pool.connect();
  let failure: Error | undefined;
  try {
    await refuseSecond(client, projections);
    const started: StartedBuild[] = [];
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
    client.release(failure instanceof Refusal ? undefined : failure);
  }
};

const refuseSecond = async (client: PoolClient, projections: readonly Projection[]): Promise<void> => {
  const building = await findGenerations(client, projections, 'building');
  if (building.length === 0) return;
  const builds = await newestBuilds(client);
  const told = building.map(({ projection: { name }, generation }) => {
    const build = builds.find((each) => each.projection === name && each.generation === generation);
    return `${name} (generation ${generation}, ${build?.phase ?? 'reading'})`;
  });
  throw new Refusal(
    'BUILD_UNDER_WAY',
    `being built already: ${told.join(', ')}; GET /projections tells how far that is`,
  );
};
