import type { ClientBase } from 'pg';
import { inTransaction } from '../db/session.ts';
import { comparePositions } from '../event-store/port.ts';
import { orderOf, recordComparison, recordPhase } from './builds.ts';
import { PROJECTED_CHANNEL } from './checkpoints.ts';
import { compareWithLive } from './compare-with-live.ts';
import type { BuildOrder } from './queries/projection-views.ts';
import { type Generation, pointViews, retireGeneration, retireReplaced } from './registry.ts';
import type { Run } from './status.ts';

/** Timeout for building the indexes of the largest read models. */
const INDEX_MS = 3_600_000;
const slow = (text: string) => ({ text, query_timeout: INDEX_MS });
/** For a statement over whole tables or their indexes. */
const WHOLE_TABLES = `
  BEGIN; SET LOCAL statement_timeout TO ${INDEX_MS}; SET LOCAL enable_seqscan TO on; SET LOCAL work_mem TO '64MB';
  SET LOCAL maintenance_work_mem TO '256MB'; SET LOCAL synchronous_commit TO off`;
/** How often a build checks whether the live generation has reached its position. */
const POLL_INTERVAL_MS = 100;

/**
 * Completes generations whose rows are written: counts and indexes them, compares them with the live generation if
 * requested, and makes them live or drops them. Returns a function for generations at the end of the log, which returns
 * false if the generation is not done and must read further.
 */
export const createBuildFinisher = (
  { context, session }: Run,
  until: AbortSignal,
): ((generation: Generation) => Promise<boolean>) => {
  const { store, world } = context;
  const { client } = session;
  const indexed = new Set<string>();
  const compared = new Set<string>();

  const index = async (generation: Generation, { purpose }: BuildOrder): Promise<void> => {
    const { projection, schema } = generation;
    if (indexed.has(schema)) return;
    await recordPhase(client, [generation], 'indexing');
    await inTransaction(
      client,
      async () => {
        if (projection.count !== undefined) await client.query(slow(projection.count(schema)));
        // A generation that is only compared needs no indexes except its keys.
        if (purpose === 'rebuild') await client.query(slow(projection.indexes(schema)));
        for (const table of projection.views) await client.query(slow(`ANALYZE ${schema}.${table}`));
      },
      WHOLE_TABLES,
    );
    indexed.add(schema);
  };

  const compare = async (generation: Generation): Promise<boolean> => {
    if (compared.has(generation.schema)) return true;
    await recordPhase(client, [generation], 'comparing');
    const options = { store, timeoutMs: INDEX_MS, signal: until };
    let comparison = await compareWithLive(session, generation, options);
    while (comparison === undefined && !until.aborted) {
      await world.timers.sleep(POLL_INTERVAL_MS, until);
      if (!until.aborted) comparison = await compareWithLive(session, generation, options);
    }
    if (comparison === undefined) return false;
    await recordComparison(client, generation, comparison);
    compared.add(generation.schema);
    const { count, position } = comparison;
    const fields = { projection: generation.projection.name, position, differences: count };
    if (count > 0) world.log.error(fields, 'a read model differs from its log');
    else world.log.info(fields, 'a read model equals its log');
    return true;
  };

  const makeLive = async (generation: Generation): Promise<boolean> => {
    let result = await trySwitch(client, generation);
    while (result === 'busy' && !until.aborted) result = await trySwitch(client, generation);
    if (result !== 'switched') return false;
    const { projection, generation: number } = generation;
    world.log.info({ projection: projection.name, generation: number }, 'a rebuilt projection is live');
    await retireReplaced(client, projection);
    return true;
  };

  return async (generation) => {
    const order = await orderOf(client, generation);
    await index(generation, order);
    if (order.compares && !(await compare(generation))) return false;
    if (order.purpose === 'verify') await retireGeneration(client, generation);
    else if (!(await makeLive(generation))) return false;
    await recordPhase(client, [generation], 'done');
    return true;
  };
};

/** How long a switch waits for queries that use the old views. New queries wait behind it, so this is short. */
const VIEWS_TIMEOUT = '1s';
const LOCK_NOT_AVAILABLE = '55P03';

type SwitchResult = 'switched' | 'behind' | 'busy';

/**
 * Makes the generation live if it has applied every event that the live one has, in one transaction. The old generation is
 * retired: no process writes to it any more, and its tables can be dropped.
 */
const trySwitch = async (client: ClientBase, built: Generation): Promise<SwitchResult> => {
  try {
    return await inTransaction(client, () => switchOver(client, built));
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === LOCK_NOT_AVAILABLE) return 'busy';
    throw error;
  }
};

type LiveRow = { generation: number; position: string | null; event_position: string | null };

const switchOver = async (
  client: ClientBase,
  { projection, generation, checkpoint }: Generation,
): Promise<SwitchResult> => {
  const { name, shape } = projection;
  await client.query(`SET LOCAL lock_timeout TO '${VIEWS_TIMEOUT}'`);
  const { rows } = await client.query<LiveRow>(
    `SELECT generation, position, event_position FROM projection_generations
     WHERE projection = $1 AND shape = $2 AND state = 'live' FOR UPDATE`,
    [name, shape],
  );
  const live = rows[0];
  const handled = live?.event_position ?? '';
  if (comparePositions(checkpoint.position ?? '', handled) < 0) return 'behind';
  await client.query(
    `UPDATE projection_generations SET state = 'retired'
     WHERE projection = $1 AND shape = $2 AND state = 'live'`,
    [name, shape],
  );
  // The old generation had no event between its last event and its position, so the new one can adopt that position.
  await client.query(
    `UPDATE projection_generations SET state = 'live', position = greatest(position, $3), updated_at = now()
     WHERE projection = $1 AND generation = $2`,
    [name, generation, live?.position ?? null],
  );
  await pointViews(client, projection, generation);
  await client.query(`SELECT pg_notify('${PROJECTED_CHANNEL}', '')`);
  return 'switched';
};
