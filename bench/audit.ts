import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import express from 'express';
import pg from 'pg';
import { manifestLineOf } from '../src/cli/audit.ts';
import { withCommonTime } from '../src/compose/core.ts';
import { openProver } from '../src/compose/roles/api.ts';
import type { Shared } from '../src/compose/shared.ts';
import type { Config } from '../src/config.ts';
import { startEmbeddedPostgres } from '../src/db/embedded-postgres.ts';
import { migrate } from '../src/db/migrate.ts';
import { createPostgresEventStore } from '../src/event-store/postgres/store.ts';
import type { ApiContext } from '../src/http/context.ts';
import { PREFIX } from '../src/http/route.ts';
import { routerOf } from '../src/http/router.ts';
import { exportRoutes } from '../src/http/routes/proofs.ts';
import { serveRoute } from '../src/http/serve-route.ts';
import { verbatimProjections } from '../src/projections/all.ts';
import { treeHas } from '../src/projections/queries/tree.ts';
import { startProjections } from '../src/projections/runner.ts';
import { checkExport } from '../src/proofs/check-export.ts';
import { noteSigner, trustKeys, verifierOf } from '../src/proofs/note.ts';
import { nodeRuntime } from '../src/runtime/node-runtime.ts';
import type { Logger } from '../src/runtime/runtime.ts';
import { passableTempDir } from '../src/testing/databases.ts';
import { stub } from '../test/support/stub.ts';
import { type Bench, timed } from './harness.ts';
import { codec, numberAsked } from './support/read-model-host.ts';
import { seedExecutions } from './support/seed-executions.ts';

const silent: Logger = { debug() {}, info() {}, warn() {}, error() {} };
const world = nodeRuntime(silent);
const LOG_ID = '5b0c8a52-6f3a-4b53-9f0e-0a3a4a6f5d11';
const SECRET = Buffer.alloc(32, 1);
const MEGABYTE = 1_048_576;
const SAMPLE_MS = 100;
const POLL_INTERVAL_MS = 50;

/**
 * The tree over executions of one tenant (a claim and an outcome each), their export by `carillon audit export` from a
 * server to a file, and the check of that file. The server and the command line share the machine with Postgres.
 */
export const bench: Bench = async ({ size, say }) => {
  const executions = numberAsked('executions') ?? { full: 1_000_000, quick: 10_000, smallest: 500 }[size];
  const dir = await passableTempDir('carillon-bench-');
  const postgres = await startEmbeddedPostgres({ dataDir: dir, port: 0, log: silent });
  const pool = new pg.Pool({ connectionString: postgres.url, max: 4 });
  pool.on('error', () => {});
  const connection = { connectionString: postgres.url };
  const store = createPostgresEventStore({ connection, codec, world });
  try {
    await migrate(postgres.url, silent);
    await seedExecutions(postgres.url, executions);
    const rows = 2 * executions;
    say(`${rows} events are in the log`);

    const grown = await watched(() => growTree(postgres.url, pool, store));
    say(`tree\t${Math.round(perSecond(rows, grown.tookMs))} events a second\t${Math.round(grown.growthMb)} MB`);

    const config = { audit: { key: SECRET.toString('base64'), publicKeys: [] } };
    const prover = openProver(
      stub<Shared>({
        config: stub<Config>(config),
        madeUp: undefined,
        pool,
        store,
        logId: LOG_ID,
        queries: stub<Shared['queries']>({ expiredJobs: async function* () {} }),
        world: withCommonTime(world),
      }),
    );
    const file = path.join(dir, 'export.ndjson');
    const exported = await watched(() => exportTo(file, prover));
    say(`export\t${Math.round(perSecond(rows, exported.tookMs))} rows a second\t${Math.round(exported.growthMb)} MB`);

    const checked = await watched(async () => {
      const verifiers = trustKeys([verifierOf(noteSigner('bench', SECRET)).bytes.toString('base64')]);
      const manifestLine = (await manifestLineOf(file)) ?? '';
      const { manifest } = await checkExport({ chunks: createReadStream(file), manifestLine, verifiers });
      if (manifest.rows !== rows) throw new Error(`${manifest.rows} rows were exported, not ${rows}`);
    });
    say(`check\t${Math.round(perSecond(rows, checked.tookMs))} rows a second\t${Math.round(checked.growthMb)} MB`);
    return {
      figures: {
        treeEventsPerSecond: perSecond(rows, grown.tookMs),
        exportRowsPerSecond: perSecond(rows, exported.tookMs),
        checkRowsPerSecond: perSecond(rows, checked.tookMs),
        treeCpuMicrosAnEvent: grown.cpuMicros / rows,
        exportServerCpuMicrosARow: exported.cpuMicros / rows,
        checkCpuMicrosARow: checked.cpuMicros / rows,
        exportServerGrowthMb: exported.growthMb,
        checkGrowthMb: checked.growthMb,
        exportMb: (await stat(file)).size / MEGABYTE,
      },
      targets: {
        exportRowsPerSecond: { atLeast: 50_000 },
        checkRowsPerSecond: { atLeast: 50_000 },
        exportServerGrowthMb: { atMost: 150 },
        checkGrowthMb: { atMost: 150 },
      },
    };
  } finally {
    await store.close();
    await pool.end();
    await postgres.stop();
    await rm(dir, { recursive: true });
  }
};

const perSecond = (count: number, tookMs: number): number => (1_000 * count) / tookMs;

/** Duration, maximum growth of this process's memory, and its CPU time. */
const watched = async (run: () => Promise<void>): Promise<{ tookMs: number; growthMb: number; cpuMicros: number }> => {
  const before = process.memoryUsage.rss();
  const cpuBefore = process.cpuUsage();
  let most = before;
  const sampling = setInterval(() => {
    most = Math.max(most, process.memoryUsage.rss());
  }, SAMPLE_MS);
  const { tookMs } = await timed(run);
  clearInterval(sampling);
  const { user, system } = process.cpuUsage(cpuBefore);
  return { tookMs, growthMb: (most - before) / MEGABYTE, cpuMicros: user + system };
};

const growTree = async (databaseUrl: string, pool: pg.Pool, store: ReturnType<typeof createPostgresEventStore>) => {
  const end = (await store.end()) ?? '';
  const runner = startProjections({ store, logId: LOG_ID, databaseUrl, world, projections: verbatimProjections });
  while (!(await treeHas(pool, end))) await world.timers.sleep(POLL_INTERVAL_MS);
  await runner.stop();
};

/** Like an auditor: the command line requests the route, in a separate process. */
const exportTo = async (file: string, prover: ReturnType<typeof openProver>): Promise<void> => {
  const caller = { user: 'bench', callerId: 'bench', actor: { type: 'user', name: 'bench' } } as const;
  const permissions = new Set(['scheduler:audit:read']);
  const [route] = exportRoutes(
    stub<ApiContext>({ prover, clock: world.clock, health: stub<ApiContext['health']>({ world }) }),
  );
  if (route === undefined) throw new Error('there is no export');
  const context = stub<ApiContext>({
    ...{ clock: world.clock, timers: world.timers, lagSeconds: () => 0 },
    authenticate: async () => ({
      ...{ ...caller, permissions, tenant: 'default', roles: [] },
      signedIn: { by: 'jwt', token: '' },
    }),
    quotas: stub<ApiContext['quotas']>({ countRequest: () => undefined, countBody: () => {} }),
    queries: stub<ApiContext['queries']>({}),
  });
  const router = routerOf([route], { serve: (each) => serveRoute(each, context, async (response) => response) });
  const server = express().use(PREFIX, router).listen(0, '127.0.0.1');
  try {
    await once(server, 'listening');
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const words = ['src/main.ts', 'audit', 'export', '--from', '2025-01-01T00:00:00Z', '--out', file];
    const env = { ...process.env, CARILLON_SERVER: `http://127.0.0.1:${port}`, CARILLON_TOKEN: 'bench' };
    await promisify(execFile)(process.execPath, words, { env });
  } finally {
    server.close();
  }
};
