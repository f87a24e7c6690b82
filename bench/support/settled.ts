import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { requestFlush } from '../../src/projections/checkpoints.ts';
import type { BenchServer } from './server.ts';

const State = z.object({ open: z.string(), behind: z.boolean() });

const STATE = `
  select (select count(*) from log_events where stream like 'runs-%' and type = 'ExecutionStarted')
       - (select count(*) from log_events where type in ('ExecutionSucceeded', 'ExecutionFailed', 'ExecutionCancelled'))
         as open,
         exists (select from projection_generations where state = 'live' and position::numeric <
           (select max(position) from log_events where stream like 'runs-%')) as behind`;

const WITHIN_MS = 60_000;
const POLL_INTERVAL_MS = 20;

/** When no execution was open and every read model had come to the last event of a run, epoch ms. */
export const settled = async ({ database }: BenchServer, withinMs = WITHIN_MS): Promise<number> => {
  const giveUpMs = Date.now() + withinMs;
  for (;;) {
    const { rows } = await database.query(STATE);
    const [state] = z.array(State).parse(rows);
    if (state?.open === '0' && !state.behind) return Date.now();
    // As a request does that waits for them.
    if (state?.open === '0') await requestFlush(database);
    if (Date.now() > giveUpMs)
      throw new Error(`after ${withinMs} ms ${state?.open} executions are open, or the read models lag behind`);
    await sleep(POLL_INTERVAL_MS);
  }
};
