import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { requestFlush } from '../../src/projections/checkpoints.ts';
import type { BenchServer } from './server.ts';

const States = z.tuple([z.object({ generation: z.int(), behind: z.boolean() })]);
const STATE = `
  select min(generation) as generation,
    bool_or(coalesce(position, '0')::numeric < (select max(position) from log_events)) as behind
  from projection_generations where state = 'live'`;

const WITHIN_MS = 570_000;
const POLL_INTERVAL_MS = 20;

/** When every live read model was of this generation or a later one and had come to the end of the log, by the clock. */
export const readModelsAt = async ({ database }: BenchServer, generation = 1): Promise<number> => {
  for (const giveUpMs = performance.now() + WITHIN_MS; performance.now() < giveUpMs; await sleep(POLL_INTERVAL_MS)) {
    const [state] = States.parse((await database.query(STATE)).rows);
    if (state.generation >= generation && !state.behind) return performance.now();
    // As a request does that waits for them.
    await requestFlush(database);
  }
  throw new Error(`after ${WITHIN_MS} ms the read models are behind`);
};
