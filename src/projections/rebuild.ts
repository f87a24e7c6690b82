import type { Pool } from 'pg';
import { Refusal } from '../domain/refusal.ts';
import { allProjections } from './all.ts';
import type { Projection } from './projection.ts';
import { ensureBuilding } from './registry.ts';
import { REBUILD_CHANNEL } from './run-building.ts';

export type StartedRebuild = { readonly name: string; readonly generation: number };

/**
 * Requests a new generation of one projection, or of every projection (`all`). A process that runs projections builds
 * it from the beginning of the log and swaps it in when it has caught up with the live one. Requests made while a
 * generation is being built change nothing.
 * @throws Refusal PROJECTION_NOT_FOUND
 */
export const rebuild = async (
  pool: Pick<Pool, 'connect'>,
  name: string,
  projections: readonly Projection[] = allProjections,
): Promise<StartedRebuild[]> => {
  const chosen = name === 'all' ? projections : projections.filter((projection) => projection.name === name);
  if (chosen.length === 0) throw new Refusal('PROJECTION_NOT_FOUND', `there is no projection ${name}`);
  const client = await pool.connect();
  let failure: Error | undefined;
  try {
    const started: StartedRebuild[] = [];
    for (const projection of chosen) {
      started.push({ name: projection.name, generation: await ensureBuilding(client, projection) });
    }
    await client.query(`NOTIFY ${REBUILD_CHANNEL}`);
    return started;
  } catch (error) {
    failure = error instanceof Error ? error : new Error(String(error));
    throw failure;
  } finally {
    // After a failure the state of the connection is unknown, so it is not reused.
    client.release(failure);
  }
};
