import { z } from 'zod';
import { viewSchema } from '../src/projections/projection.ts';
import { encodeCursor } from '../src/projections/queries/keyset.ts';
import { executions } from '../src/projections/read-models/executions.ts';
import { type Bench, quantile, timed } from './harness.ts';
import { type CpuUse, cpuUse } from './support/cpu.ts';
import { fillHistory } from './support/fill-history.ts';
import { createJobs } from './support/jobs.ts';
import { type BenchServer, startBenchServer } from './support/server.ts';
import { settled } from './support/settled.ts';

const PAGE = 50;
const DEEP = 10_000 * PAGE;
const SLOW_AT_ONCE = 12;
const CATCH_UP_MS = 60_000;

/** A list's query; `where` finds its deep page, if it has one. */
type Case = {
  readonly name: string;
  readonly query: string;
  readonly kind: 'frequent' | 'rare';
  readonly where?: string;
};

const casesOf = (big: number, small: number, applicationId: number): readonly Case[] => [
  { name: 'all', query: '', kind: 'frequent', where: 'TRUE' },
  { name: 'big job', query: `jobId=${big}`, kind: 'frequent', where: `job_id = ${big}` },
  { name: 'job of 100', query: `jobId=${small}`, kind: 'rare' },
  {
    name: 'application',
    query: `applicationId=${applicationId}`,
    kind: 'frequent',
    where: `application_id = ${applicationId}`,
  },
  { name: 'job by name', query: 'jobName=job+1', kind: 'rare' },
  { name: 'job and another application', query: `jobId=${big}&applicationId=999`, kind: 'rare' },
  { name: 'succeeded', query: 'status=succeeded', kind: 'frequent', where: "status = 'succeeded'" },
  { name: 'failed', query: 'status=failed', kind: 'frequent', where: "status = 'failed'" },
  { name: 'failed or cancelled of the big job', query: `jobId=${big}&status=failed,cancelled`, kind: 'frequent' },
  { name: 'cancelled', query: 'status=cancelled', kind: 'rare' },
  { name: 'running', query: 'status=running', kind: 'rare' },
  { name: 'of the schedule', query: 'trigger=schedule', kind: 'frequent', where: "trigger = 'schedule'" },
  { name: 'manual', query: 'trigger=manual', kind: 'frequent' },
  { name: 'rare trigger', query: 'trigger=rerun', kind: 'rare' },
  { name: 'rare trigger of the big job', query: `trigger=rerun&jobId=${big}`, kind: 'rare' },
  { name: 'frequent label', query: 'label=team:common', kind: 'frequent', where: 'labels = \'{"team":"common"}\'' },
  { name: 'rare label', query: 'label=team:rare', kind: 'rare' },
  { name: 'rare label of the big job', query: `label=team:rare&jobId=${big}`, kind: 'rare' },
  { name: 'failed with a frequent label', query: 'label=team:common&status=failed', kind: 'rare' },
  { name: 'frequent error text', query: 'errorText=target+answered+503', kind: 'frequent' },
  { name: 'rare error text', query: 'errorText=obscurum', kind: 'rare' },
  { name: 'rare error text of the big job', query: `errorText=obscurum&jobId=${big}`, kind: 'rare' },
  { name: 'rare error code', query: 'errorCode=ENOTFOUND', kind: 'rare' },
  { name: 'a day a year ago', query: `from=${daysAgo(366)}&to=${daysAgo(365)}`, kind: 'frequent' },
  {
    name: 'failed in a month a year ago',
    query: `status=failed&from=${daysAgo(395)}&to=${daysAgo(365)}`,
    kind: 'frequent',
  },
];

const daysAgo = (days: number): string => new Date(Date.now() - days * 86_400_000).toISOString();

/**
 * A history of two years in the read model of executions, written directly into its tables. Measures over HTTP pages of
 * every filter in rotation: the first one of each order, and page 10,000 with the pages after and before it. Then measures
 * the first page beside twelve slow lists. EXECUTIONS sets the number of executions.
 */
export const bench: Bench = async ({ size, say }) => {
  const count = Number(process.env.EXECUTIONS ?? { full: 2_000_000, quick: 100_000, smallest: 1_000 }[size]);
  const requests = { full: 100, quick: 10, smallest: 2 }[size];
  const warmUp = { full: 20, quick: 20, smallest: 0 }[size];
  const server = await startBenchServer();
  try {
    const jobs = [...(await createJobs(server, { origin: server.url, count: 12, pattern: '0 0 1 1 *' }))];
    const [big = 0, small = 0] = jobs;
    await settled(server, CATCH_UP_MS);
    const applicationId = await applicationOf(server, big);
    say(`writing ${count} executions`);
    const filled = await timed(() => fillHistory(server, { count, big, small, applicationId }));
    say(`written in ${Math.round(filled.tookMs / 1_000)} s`);

    const walks: { readonly name: string; readonly kind: string; readonly path: string }[] = [];
    for (const each of casesOf(big, small, applicationId)) {
      const path = `/executions?limit=${PAGE}&${each.query}`;
      walks.push({ ...each, path, kind: `${each.kind} first` });
      walks.push({
        ...each,
        name: `${each.name}, oldest first`,
        path: `${path}&sort=createdAt`,
        kind: `${each.kind} first`,
      });
      const deep = each.where === undefined ? undefined : await rowAt(server, each.where);
      if (deep === undefined) continue;
      for (const [way, cursor] of [
        ['page 10,000', encodeCursor([deep.at, deep.id])],
        ['back to page 10,000', encodeCursor([deep.at, deep.id], true)],
      ])
        walks.push({ name: `${each.name}, ${way}`, path: `${path}&cursor=${cursor}`, kind: 'deep' });
    }
    const took = new Map<string, number[]>();
    for (let turn = -warmUp; turn < requests; turn++) {
      if (turn === 0) took.clear();
      for (const { name, path } of walks) {
        const { tookMs } = await timed(() => server.call('GET', path));
        took.set(name, [...(took.get(name) ?? []), tookMs]);
      }
    }
    const p50 = (name: string): number => quantile(took.get(name) ?? [], 0.5);
    const p95 = (name: string): number => quantile(took.get(name) ?? [], 0.95);
    for (const { name, kind } of walks)
      say(`${name} (${kind}): p50 ${p50(name).toFixed(1)} ms, p95 ${p95(name).toFixed(1)} ms`);
    const worst = (of: (name: string) => number, some: string) =>
      Math.max(...walks.filter(({ kind }) => kind.startsWith(some)).map(({ name }) => of(name)));
    const first = worst(p50, 'frequent first');
    const cpu = await cpuOfPages(server, requests);
    const beside = await besideSlow(server, { requests });
    say(`beside ${SLOW_AT_ONCE} slow lists: p95 ${beside.p95Ms.toFixed(1)} ms, at most ${beside.mostMs.toFixed(0)} ms`);
    return {
      figures: {
        executions: count,
        fillSeconds: filled.tookMs / 1_000,
        lists: walks.length,
        p50Ms: p50('all'),
        p95Ms: p95('all'),
        worstP95Ms: worst(p95, ''),
        worstP50FirstMs: first,
        deepTimesFirst: worst(p50, 'deep') / p50('all'),
        rareTimesFirst: worst(p50, 'rare') / p50('all'),
        rareTimesWorstFirst: worst(p50, 'rare') / first,
        serverCpuMsAPage: cpu.serverMs,
        postgresCpuMsAPage: cpu.postgresMs,
        p95BesideSlowMs: beside.p95Ms,
        mostBesideSlowMs: beside.mostMs,
        slowRejected: beside.rejected,
        indexBytesARow: await indexBytes(server, count),
      },
      targets: {
        worstP95Ms: { atMost: 10 },
        deepTimesFirst: { atMost: 1.5 },
        rareTimesFirst: { atMost: 1.5 },
      },
    };
  } finally {
    await server.stop();
  }
};

const Job = z.object({ application: z.object({ id: z.int() }) });
const applicationOf = async (server: BenchServer, jobId: number): Promise<number> =>
  Job.parse(await server.call('GET', `/jobs/${jobId}`)).application.id;

const Row = z.object({ at: z.date().transform((at) => at.toISOString()), id: z.coerce.number() });

/** The last row of page 10,000, newest first; of a shorter list the row in its middle. */
const rowAt = async ({ database }: BenchServer, where: string): Promise<z.infer<typeof Row> | undefined> => {
  const rows = `FROM ${viewSchema(executions)}.executions WHERE tenant = 'default' AND ${where}`;
  const { rows: found } = await database.query(
    `SELECT created_at AS at, id ${rows} ORDER BY created_at DESC, id DESC
     OFFSET least(${DEEP} - 1, (SELECT count(*) / 2 ${rows})) LIMIT 1`,
  );
  return found.length === 0 ? undefined : Row.parse(found[0]);
};

const PAGES_OF_CPU = 5;

/** CPU that the server and Postgres use for the first page of 50 executions. */
const cpuOfPages = async (server: BenchServer, requests: number): Promise<CpuUse> => {
  const before = cpuUse(server);
  const pages = requests * PAGES_OF_CPU;
  for (let page = 0; page < pages; page++) await server.call('GET', `/executions?limit=${PAGE}`);
  const after = cpuUse(server);
  return {
    serverMs: (after.serverMs - before.serverMs) / pages,
    postgresMs: (after.postgresMs - before.postgresMs) / pages,
  };
};

/** The first page in rotation, while lists without matches run: each of their conditions is met often, but never both. */
const besideSlow = async (server: BenchServer, { requests }: { readonly requests: number }) => {
  const slow = Array.from({ length: SLOW_AT_ONCE }, (_, index) =>
    server.ask(
      'GET',
      `/executions?label=team:common&errorText=target&limit=${PAGE + index}&from=${daysAgo(3_000 + index)}`,
    ),
  );
  const took: number[] = [];
  for (let turn = 0; turn < requests; turn++)
    took.push((await timed(() => server.call('GET', `/executions?limit=${PAGE}`))).tookMs);
  const rejected = (await Promise.all(slow)).filter(({ status }) => status === 422).length;
  return { p95Ms: quantile(took, 0.95), mostMs: Math.max(...took), rejected };
};

const Bytes = z.object({ bytes: z.coerce.number() });

/** All indexes of the rows and their terms. */
const indexBytes = async ({ database }: BenchServer, count: number): Promise<number> => {
  const { rows } = await database.query(
    `SELECT sum(pg_indexes_size(c.oid)) AS bytes FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
     WHERE n.nspname = 'executions_g1' AND c.relkind = 'r' AND c.relname ~ '^execution(s|_terms)_'`,
  );
  return Bytes.parse(rows[0]).bytes / count;
};
