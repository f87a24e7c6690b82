import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import type { Bench } from './harness.ts';
import { bareAxiosPerSecond } from './support/bare-axios.ts';
import { createJobs } from './support/jobs.ts';
import { readLedger } from './support/ledger.ts';
import { type BenchServer, startBenchServer } from './support/server.ts';
import { startBenchTarget } from './support/target.ts';

const UNDER_WAY = 256;
const CREATED_PER_SECOND = 250;
const GIVE_UP_MS = 60_000;

/**
 * Jobs that are all due the same instant, each a POST to a target in a process of its own, in the configuration of
 * `npm start`: executions a second from due to the last durable outcome, against a bare axios loop that stores nothing.
 */
export const bench: Bench = async ({ quick, say }) => {
  const count = quick ? 2_000 : 10_000;
  const target = await startBenchTarget();
  const server = await startBenchServer({ ALLOWED_TARGETS: '127.0.0.0/8' });
  try {
    const barePerSecond = await bareAxiosPerSecond(target.origin, count, UNDER_WAY);
    const dueMs = Math.ceil((Date.now() + (count / CREATED_PER_SECOND) * 1_000 + 5_000) / 1_000) * 1_000;
    const pattern = patternAt(new Date(dueMs));
    say(`creating ${count} jobs, due at ${new Date(dueMs).toISOString()}`);
    const ids = new Set(await createJobs(server, { origin: target.origin, count, patternOf: () => pattern }));
    if (Date.now() > dueMs) throw new Error('the jobs were not created before they were due');
    await target.reset();
    await sleep(dueMs - Date.now());

    const caughtUpMs = await caughtUp(server, async () => (await target.counts()).calls >= count);
    const fired = await readLedger(server, ids);
    const { slots, twice } = await target.counts();
    const exact = slots === count && twice === 0 && fired.slots === count && fired.twice === 0;
    const perSecond = (count / (fired.lastOutcomeMs - dueMs)) * 1_000;
    return {
      figures: {
        jobs: count,
        exactlyOnce: exact && fired.succeeded === count && fired.missed === 0 ? 1 : 0,
        executionsPerSecond: perSecond,
        bareAxiosPerSecond: barePerSecond,
        ratioToBareAxios: perSecond / barePerSecond,
        readModelsBehindMs: Math.max(0, caughtUpMs - fired.lastOutcomeMs),
        p50LatenessMs: fired.p50LatenessMs,
        p99LatenessMs: fired.p99LatenessMs,
      },
      targets: {
        exactlyOnce: { atLeast: 1 },
        ratioToBareAxios: { atLeast: 0.7 },
        readModelsBehindMs: { atMost: 1_000 },
      },
    };
  } finally {
    await server.stop();
    await target.stop();
  }
};

const patternAt = (due: Date): string =>
  [due.getUTCSeconds(), due.getUTCMinutes(), due.getUTCHours(), due.getUTCDate(), due.getUTCMonth() + 1, '*'].join(' ');

const Behind = z.object({ open: z.string(), behind: z.boolean() });

/** When the read models were at the log's end with no execution open, epoch ms. */
const caughtUp = async ({ database }: BenchServer, called: () => Promise<boolean>): Promise<number> => {
  const giveUpMs = Date.now() + GIVE_UP_MS;
  while (!(await called())) {
    if (Date.now() > giveUpMs) throw new Error('not all jobs were called within a minute');
    await sleep(100);
  }
  for (;;) {
    const { rows } = await database.query(
      `select (select count(*) from log_events where stream like 'runs-%' and type = 'ExecutionStarted')
            - (select count(*) from log_events where type in ('ExecutionSucceeded', 'ExecutionFailed', 'ExecutionCancelled'))
              as open,
              exists (select from projection_generations where state = 'live' and position::numeric <
                (select max(position) from log_events where stream like 'runs-%')) as behind`,
    );
    const [row] = z.array(Behind).parse(rows);
    if (row?.open === '0' && !row.behind) return Date.now();
    if (Date.now() > giveUpMs) return Date.now();
    await sleep(20);
  }
};
