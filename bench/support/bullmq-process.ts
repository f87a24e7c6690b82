import {
  type BackendFactory,
  createPostgresBackend,
  createRedisBackend,
  type IQueueBackend,
  withBackend,
} from 'bullmq';
import { type Answer, followPlans, post, slotsOf, UNDER_WAY } from './peer-program.ts';

type Work = { readonly origin: string; readonly job: number; readonly fromMs: number };

const NAME = 'calls';
const IN_A_BULK = 1_000;

/**
 * BullMQ with undici: stores jobs and results in a queue of Redis or Postgres, which one worker processes. A one-time job is
 * a delayed job, a recurring one a job scheduler.
 */
const work = <B extends IQueueBackend, C>(factory: BackendFactory<B, C>, connection: C): void => {
  const { Queue, Worker } = withBackend(factory);
  const queue = new Queue<Work, Answer>(NAME, { connection });
  let onOutcome = () => {};
  new Worker<Work, Answer>(
    NAME,
    ({ data: { origin, job, fromMs }, opts: { prevMillis = fromMs } }) => post(origin, { job, slotMs: prevMillis }),
    { connection, concurrency: UNDER_WAY },
  )
    .on('completed', () => onOutcome())
    .on('error', console.error);

  followPlans(async ({ jobs, fromMs, untilMs, origin }, whenKept) => {
    onOutcome = whenKept;
    const works = Array.from({ length: jobs }, (_, job): Work => ({ origin, job, fromMs }));
    if (slotsOf({ fromMs, untilMs }) === 1) {
      for (let from = 0; from < jobs; from += IN_A_BULK) {
        const timestamp = Date.now();
        const opts = { timestamp, delay: fromMs - timestamp };
        await queue.addBulk(works.slice(from, from + IN_A_BULK).map((data) => ({ name: NAME, data, opts })));
      }
      return;
    }
    const repeated = { pattern: '* * * * * *', startDate: fromMs - 1, endDate: untilMs - 1 };
    await Promise.all(works.map((data) => queue.upsertJobScheduler(`job ${data.job}`, repeated, { name: NAME, data })));
  });
};

const [url = ''] = process.argv.slice(2);
if (url.startsWith('redis:')) work(createRedisBackend, { url, maxRetriesPerRequest: null });
else work(createPostgresBackend, { connectionString: url, migrate: true });
