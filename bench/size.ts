import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import type { Bench } from './harness.ts';
import { createApplication } from './support/jobs.ts';
import { seedJobs } from './support/seed-jobs.ts';
import { type BenchServer, startBenchServer } from './support/server.ts';
import { settled } from './support/settled.ts';
import { startBenchTarget } from './support/target.ts';

const JOBS = 100;

/**
 * Stored bytes per execution in the log and the read models, with their indexes, for jobs that are due each second and whose
 * target responds with a small JSON body. Excludes the first executions, because tables grow by pages of 8 KiB.
 */
export const bench: Bench = async ({ size, say }) => {
  const count = { full: 50_000, quick: 5_000, smallest: 200 }[size];
  const target = await startBenchTarget();
  const server = await startBenchServer({ ALLOWED_TARGETS: '127.0.0.0/8' });
  try {
    const applicationId = await createApplication(server);
    const seeding = { count: JOBS, applicationId, origin: target.origin, patternOf: () => '* * * * * *' };
    await seedJobs(server, seeding);
    const first = await measured(server, count / 10);
    say(`${first.executions} executions, then ${count} more`);
    const last = await measured(server, first.executions + count);
    const of = (part: 'log' | 'read_models') => (last[part] - first[part]) / (last.executions - first.executions);
    return {
      figures: {
        executions: last.executions - first.executions,
        logBytesAnExecution: of('log'),
        readModelBytesAnExecution: of('read_models'),
        bytesAnExecution: of('log') + of('read_models'),
      },
      targets: {},
    };
  } finally {
    await server.stop();
    await target.stop();
  }
};

const Sizes = z.object({ executions: z.coerce.number(), log: z.coerce.number(), read_models: z.coerce.number() });

const SIZES = `
  select (select count(*) from log_events where type = 'ExecutionSucceeded') as executions,
         (select sum(pg_total_relation_size(c.oid)) from pg_class c where relname in ('log_events', 'log_streams')) as log,
         (select sum(pg_total_relation_size(c.oid)) from pg_class c join pg_namespace n on n.oid = c.relnamespace
          where relkind in ('r', 'p') and exists (select from projection_generations g where n.nspname = g.projection || '_g' || g.generation))
           as read_models`;
const POLL_INTERVAL_MS = 1_000;

/** The sizes after this many executions have succeeded, without dead rows. */
const measured = async (server: BenchServer, executions: number): Promise<z.infer<typeof Sizes>> => {
  for (;;) {
    const sizes = await sizesOf(server);
    if (sizes.executions >= executions) break;
    await sleep(POLL_INTERVAL_MS);
  }
  await settled(server);
  await server.database.query('vacuum');
  return sizesOf(server);
};

const sizesOf = async ({ database }: BenchServer): Promise<z.infer<typeof Sizes>> => {
  const { rows } = await database.query(SIZES);
  return z.tuple([Sizes]).parse(rows)[0];
};
