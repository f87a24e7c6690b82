import pg from 'pg';
import { type Bench, quantile, timed } from './harness.ts';
import { byClients } from './support/clients.ts';
import { Created, createApplication } from './support/jobs.ts';
import { type BenchServer, startBenchServer } from './support/server.ts';

const CLIENTS = 8;

/**
 * Eight clients that each create a job and then get it, repeatedly, in the configuration of `npm start`: the POST returns
 * when the read models contain the job, so the GET must find it. Compared with eight connections that insert a row into the
 * same Postgres and read it back, without HTTP, checks, log and read models.
 */
export const bench: Bench = async ({ size, say }) => {
  const count = { full: 10_000, quick: 1_500, smallest: 50 }[size];
  const server = await startBenchServer({ ALLOWED_TARGETS: '127.0.0.0/8' });
  try {
    const bare = await insertAndRead(server, count);
    await createAndGet(server, { full: 400, quick: 400, smallest: 1 }[size]);
    say(`${count} jobs by ${CLIENTS} clients`);
    const { posts, gets, both, unread, tookMs } = await createAndGet(server, count);
    if (unread > 0) say(`NOT CONSISTENT: ${unread} jobs were not there to be read after their POST`);
    return {
      figures: {
        jobs: count,
        unread,
        p50PostMs: quantile(posts, 0.5),
        p99PostMs: quantile(posts, 0.99),
        p50GetMs: quantile(gets, 0.5),
        p99GetMs: quantile(gets, 0.99),
        p50Ms: quantile(both, 0.5),
        p99Ms: quantile(both, 0.99),
        pairsPerSecond: (1_000 * count) / tookMs,
        bareP50Ms: quantile(bare, 0.5),
        bareP99Ms: quantile(bare, 0.99),
      },
      targets: { unread: { atMost: 0 }, p50Ms: { atMost: 10 }, p99Ms: { atMost: 50 } },
    };
  } finally {
    await server.stop();
  }
};

const createAndGet = async (server: BenchServer, count: number) => {
  const applicationId = await createApplication(server);
  const posts: number[] = [];
  const gets: number[] = [];
  const both: number[] = [];
  let unread = 0;
  const { tookMs } = await timed(() =>
    byClients({ clients: CLIENTS, count }, async (index) => {
      const post = await timed(() => server.ask('POST', '/jobs', jobOf(applicationId, index)));
      const { id } = Created.parse(post.value.body);
      const get = await timed(() => server.ask('GET', `/jobs/${id}`));
      if (get.value.status !== 200 || 'carillon-consistency' in post.value.headers) unread++;
      posts.push(post.tookMs);
      gets.push(get.tookMs);
      both.push(post.tookMs + get.tookMs);
    }),
  );
  return { posts, gets, both, unread, tookMs };
};

const jobOf = (applicationId: number, index: number) => ({
  applicationId,
  name: `job ${index}`,
  description: 'made by a bench, due once a year',
  pattern: '0 0 1 1 *',
  taskType: 'HttpInvokerTask',
  taskConfig: { endpoint: 'http://127.0.0.1:9', path: `/work/${index}`, method: 'POST', body: { hello: 'world' } },
});

/** How long each pair took, ms. */
const insertAndRead = async ({ databaseUrl, database }: BenchServer, count: number): Promise<number[]> => {
  await database.query('create table bench_rows (id integer primary key, value text not null)');
  const pool = new pg.Pool({ connectionString: databaseUrl, max: CLIENTS });
  const took: number[] = [];
  await byClients({ clients: CLIENTS, count }, async (index) => {
    const { tookMs } = await timed(async () => {
      await pool.query('insert into bench_rows values ($1, $2)', [index, JSON.stringify(jobOf(1, index))]);
      await pool.query('select value from bench_rows where id = $1', [index]);
    });
    took.push(tookMs);
  });
  await pool.end();
  return took.slice(count / 10);
};
