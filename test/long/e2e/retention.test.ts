import { rm } from 'node:fs/promises';
import { expect } from 'chai';
import pg from 'pg';
import { toInstant } from '../../../src/domain/values.ts';
import { ensureLogIdentity } from '../../../src/event-store/identity.ts';
import { createPostgresEventStore } from '../../../src/event-store/postgres/store.ts';
import { PROJECTED_CHANNEL } from '../../../src/projections/checkpoints.ts';
import { nodeRuntime } from '../../../src/runtime/node-runtime.ts';
import { appendEntries } from '../../support/append-entries.ts';
import { type ChildService, startChildService } from '../../support/child-service.ts';
import { codec } from '../../support/codec.ts';
import type { Entry } from '../../support/entry.ts';
import { history, type Step } from '../../support/histories.ts';
import { type FreshDatabase, freshDatabase } from '../../support/postgres.ts';
import { serviceSettings, tokenOf } from '../../support/service.ts';
import { passableTempDir } from '../../support/temp-dir.ts';
import { silentLog } from '../../support/world.ts';

const DAY_MS = 86_400_000;
const names = ['claim', 'succeed', 'claim', 'fail', 'request', 'cancel', 'switch'] as const;
const LONG_AGO: readonly Step[] = names.map((step) => ({ jobId: 1, step }));
/** When histories are of, and when this one is to be of instead. */
const WRITTEN = '2026-03-01T';
const then = toInstant(Date.now() - 40 * DAY_MS).slice(0, WRITTEN.length);

/** A log of a day 40 days ago. */
const writeLog = async ({ url }: FreshDatabase, client: pg.Client, entries: readonly Entry[]): Promise<void> => {
  const world = nodeRuntime(silentLog);
  const store = createPostgresEventStore({ connection: { connectionString: url }, codec, world });
  await ensureLogIdentity(store, world);
  await appendEntries(store, entries);
  await store.close();
  await client.query(
    `UPDATE log_events SET data = replace(data, $1::text, $2::text),
       recorded_at = ($2::text || '08:00:00Z')::timestamptz + position * interval '1 second'`,
    [WRITTEN, then],
  );
};

describe('a service whose executions expire', () => {
  let dataDir: string;
  let database: FreshDatabase;
  let client: pg.Client;
  let service: ChildService | undefined;
  beforeEach(async () => {
    [dataDir, database] = [await passableTempDir('carillon-retention-'), await freshDatabase()];
    client = new pg.Client({ connectionString: database.url });
    await client.connect();
    await client.query(`LISTEN ${PROJECTED_CHANNEL}`);
  });
  afterEach(async () => {
    await service?.end('SIGTERM');
    await client.end();
    await database.drop();
    await rm(dataDir, { recursive: true, force: true });
  });

  /** Starts it over a log of these. */
  const start = async (entries: readonly Entry[], settings: Readonly<Record<string, string>> = {}) => {
    await writeLog(database, client, entries);
    service = await startChildService(dataDir, { ...serviceSettings, DATABASE_URL: database.url, ...settings });
    const { url } = service;
    const get = async (path: string) => {
      const headers = { Authorization: `Bearer ${tokenOf({ tenant: 'acme', permissions: ['scheduler:admin'] })}` };
      const response = await fetch(`${url}${path}`, { headers });
      return { status: response.status, text: await response.text() };
    };
    const projected = () => new Promise<void>((resolve) => client.once('notification', () => resolve()));
    const whenGone = async (executionId: number): Promise<string> => {
      for (;;) {
        const changed = projected();
        const { status, text } = await get(`/_/scheduler/executions/${executionId}`);
        if (status === 410) return text;
        await changed;
      }
    };
    return { get, whenGone };
  };

  it('expires old executions soon after its start, and responds with 410', async () => {
    const { get, whenGone } = await start(history(LONG_AGO), { EXECUTION_RETENTION: '32d' });
    const { code, detail } = JSON.parse(await whenGone(2));
    expect(code).to.equal('EXPIRED');
    const [, horizon = ''] = /before (\S+T00:00:00\.000Z) are past retention/.exec(detail) ?? [];
    expect(Date.now() - Date.parse(horizon)).to.be.within(32 * DAY_MS, 33 * DAY_MS + 60_000);
    const { executions } = JSON.parse((await get('/_/scheduler/stats')).text);
    expect(executions).to.deep.include({ succeeded: 1, failed: 1, cancelled: 1, last24h: 0 });
    expect((await get('/metrics')).text).to.match(/^carillon_executions_expired_total 3$/m);
    const left = "SELECT type FROM log_events WHERE stream = 'runs-1'";
    let types = await client.query(left);
    while (types.rows.length > 1) types = await client.query(left);
    expect(types.rows).to.deep.equal([{ type: 'ExecutionsExpired' }]);
    const explained = JSON.parse((await get(`/_/scheduler/audit/explain?from=${then}00:00:00Z`)).text);
    expect(explained).to.include({ explained: true, expiredBefore: horizon });
  });
});
