import type { Pool } from 'pg';
import { z } from 'zod';
import { type ChosenProjections, chosen } from './rebuild.ts';

/** What a rebuild of a projection would do. */
export type RebuildPlan = {
  readonly name: string;
  /** Events to read at the most: those that came to the live generation. Some are for other read models. */
  readonly events: number;
  /** Of the live tables and their indexes; as much is needed beside them meanwhile. */
  readonly sizeBytes: number;
  /** By the rate of the last build of it, or else by 30,000 events a second. */
  readonly estimatedSeconds: number;
};

const ASSUMED_PER_SECOND = 30_000;

const Rows = z.array(
  z.object({ name: z.string(), events: z.coerce.number(), size: z.coerce.number(), rate: z.number().nullable() }),
);

/**
 * Returns what a rebuild would do, and does nothing.
 * @throws Refusal PROJECTION_NOT_FOUND
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
    estimatedSeconds: Math.ceil(events / (rate ?? ASSUMED_PER_SECOND)),
  }));
};
