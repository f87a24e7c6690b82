import { expect } from 'chai';
import { openSession } from '../../src/db/session.ts';
import { runsStream } from '../../src/domain/streams.ts';
import type { ExecutionFilter } from '../../src/projections/queries/executions-filter.ts';
import { executions } from '../../src/projections/read-models/executions.ts';
import { ensureLive } from '../../src/projections/registry.ts';
import type { Entry } from '../support/entry.ts';
import { entriesOf, type PlainExecution } from '../support/execution-histories.ts';
import { recorded } from '../support/histories.ts';
import { openProjecting, type Projecting } from '../support/projecting.ts';

const execution = (id: number, createdAt: string, other: Partial<PlainExecution> = {}): PlainExecution => ({
  ...{ id, jobId: 1, applicationId: 2, tenant: 'acme', createdAt, status: 'succeeded', trigger: 'schedule' },
  labels: { team: 'red' },
  ...other,
});

/** The executions of a job that were created before an instant have expired: so many succeeded ones. */
const expired = (jobId: number, before: string, succeeded: number): Entry => ({
  stream: runsStream(jobId),
  event: {
    type: 'ExecutionsExpired',
    data: {
      ...{ tenant: 'acme', applicationId: 2, jobId, before, keptFrom: 0 },
      totals: { succeeded, failed: 0, cancelled: 0, called: { '': succeeded }, notCalled: [] },
      tail: { jobRevision: 0, cursor: before, runs: 0, open: [] },
    },
  },
});

describe('months of executions', () => {
  let projecting: Projecting;
  beforeEach(async () => {
    projecting = await openProjecting();
    projecting.run();
  });
  afterEach(() => projecting.close());

  const months = async (): Promise<string[]> => {
    const { rows } = await projecting.pool.query<{ name: string }>(
      `SELECT relname AS name FROM pg_class JOIN pg_inherits ON inhrelid = pg_class.oid
       WHERE relnamespace = 'executions_g1'::regnamespace AND relkind = 'r' AND relname ~ '_\\d+_\\d+$' ORDER BY 1`,
    );
    return rows.map(({ name }) => name);
  };
  const record = async (entries: readonly Entry[]): Promise<void> => projecting.reach(await projecting.append(entries));
  const ids = async (): Promise<number[]> =>
    (await projecting.queries.listExecutions({ tenant: 'acme' }, {}, { limit: 50 })).items.map(({ id }) => id);
  it('are made as rows come, and the one after each', async () => {
    await record(entriesOf([execution(1, '2026-01-31T23:59:59.999Z'), execution(2, '2026-02-01T00:00:00.000Z')]));
    expect(await months()).to.deep.equal(
      ['execution_terms', 'executions_ended'].flatMap((table) =>
        ['2026_01', '2026_02', '2026_03'].map((month) => `${table}_${month}`),
      ),
    );
    expect(await ids()).to.deep.equal([2, 1]);
  });

  it('take an execution once it has ended, and do not change its row', async () => {
    const places: string[] = [];
    for (const entry of entriesOf([execution(1, '2026-01-31T10:00:00.000Z')])) {
      await record([entry]);
      const { rows } = await projecting.pool.query<{ place: string; labels: string }>(
        'SELECT tableoid::regclass || ctid::text AS place, labels FROM executions_g1.executions',
      );
      expect(rows.map(({ labels }) => labels)).to.deep.equal(['{"team":"red"}']);
      places.push(...rows.map(({ place }) => place));
    }
    expect(places[0]).to.equal('executions_g1.executions_open(0,1)');
    expect(places[1]).to.match(/^executions_g1.executions_open/);
    expect(places[2]).to.equal('executions_g1.executions_ended_2026_01(0,1)');
  });

  it('have one row and are counted once, also if a waiting one starts and ends in one batch', async () => {
    const { client, close } = await openSession({ databaseUrl: projecting.database.url, name: 'test' });
    await ensureLive(client, [executions]);
    const at = '2026-01-31T10:00:00.000Z';
    const [requested, ...others] = recorded(entriesOf([execution(1, at), execution(2, at)]));
    for (const events of [requested === undefined ? [] : [requested], others]) {
      const buffer = executions.buffer();
      buffer.add({ events, texts: [] });
      await buffer.take()?.write(client, 'executions_g1');
    }
    const { rows } = await client.query(
      `SELECT tableoid::regclass::text AS table, count(*)::integer FROM executions_g1.executions GROUP BY 1`,
    );
    const { rows: counts } = await client.query(
      `SELECT pending::integer, running::integer, succeeded::integer FROM executions_g1.execution_counts
       WHERE kind = 'tenant'`,
    );
    await close();
    expect(rows).to.deep.equal([{ table: 'executions_g1.executions_ended_2026_01', count: 2 }]);
    expect(counts).to.deep.equal([{ pending: 0, running: 0, succeeded: 2 }]);
  });

  it('find open executions by their ids, also with a plan from when there were none', async () => {
    const { client, close } = await openSession({ databaseUrl: projecting.database.url, name: 'test' });
    await ensureLive(client, [executions]);
    const buffer = executions.buffer();
    const at = '2026-01-31T10:00:00.000Z';
    const entries = entriesOf([execution(1, at), execution(2, at, { status: 'running' })]);
    buffer.add({ events: recorded(entries), texts: [] });
    await client.query('VACUUM ANALYZE executions_g1.executions_open');
    await buffer.take()?.write(client, 'executions_g1');
    const planOf = async (name: string): Promise<string[]> => {
      const { rows: prepared } = await client.query<{ count: number }>(
        'SELECT cardinality(parameter_types) AS count FROM pg_prepared_statements WHERE name = $1',
        [name],
      );
      const given = Array.from({ length: prepared[0]?.count ?? 0 }, () => 'NULL').join();
      const { rows } = await client.query<{ 'QUERY PLAN': string }>(`EXPLAIN EXECUTE ${name} (${given})`);
      return rows.map((row) => row['QUERY PLAN']);
    };
    const plan = await planOf('executions_g1_write');
    const planOfWhole = await planOf('executions_g1_whole_terms');
    await close();
    const scansIn = (lines: readonly string[]): string =>
      lines.filter((line) => /Scan .*executions_open/.test(line)).join();
    expect(scansIn(plan)).to.match(/Index Scan using executions_open_pkey.*Tid Scan on executions_open/);
    expect(plan.filter((line) => line.includes('Join Filter'))).to.deep.equal([]);
    expect(scansIn(planOfWhole)).to.match(
      /^\s*-> {2}Index (?:Only )?Scan using executions_open_pkey on executions_open \S+ /,
    );
    expect(planOfWhole.filter((line) => line.includes('Join Filter'))).to.deep.equal([]);
  });

  it('are analysed without the columns that are only shown, like the tables above them', async () => {
    await record(entriesOf([execution(1, '2026-01-05T00:00:00.000Z'), execution(2, '2026-02-05T00:00:00.000Z')]));
    await projecting.pool.query('ANALYZE executions_g1.executions');
    const { rows } = await projecting.pool.query<{ name: string; columns: string[] }>(
      `SELECT tablename AS name, array_agg(attname::text) AS columns FROM pg_stats
       WHERE schemaname = 'executions_g1' AND tablename LIKE 'executions%' GROUP BY 1 ORDER BY 1`,
    );
    expect(rows.map(({ name }) => name)).to.deep.equal([
      ...['executions', 'executions_ended', 'executions_ended_2026_01', 'executions_ended_2026_02'],
    ]);
    for (const { columns } of rows) {
      expect(columns).to.include.members(['tenant', 'job_id', 'status', 'created_at', 'error_code', 'started_at']);
      expect(columns).not.to.include.oneOf(['result', 'job_snapshot', 'labels', 'error', 'error_words', 'attempts']);
    }
  });

  it('have executions with long labels, with labels that Postgres cannot store, and with other words', async () => {
    const labels = { long: 'ü'.repeat(900), nul: 'a\0b', half: '\ud800' };
    const error = { code: 'E_OTHER', message: `Zürich "said" ${'x'.repeat(500)}\0 ${'many words '.repeat(200)}` };
    const at = '2026-01-05T00:00:00.000Z';
    await record(entriesOf([execution(1, at, { labels, error, status: 'failed' }), execution(2, at)]));
    for (const filter of [{ labels: { long: labels.long } }, { labels: { nul: 'ab' } }, { errorText: 'zürich SAID' }]) {
      const { items } = await projecting.queries.listExecutions({ tenant: 'acme' }, filter, { limit: 5 });
      expect(
        items.map(({ id }) => id),
        JSON.stringify(filter),
      ).to.deep.equal([1]);
    }
    const cut = { labels: { long: `${'ü'.repeat(899)}u` } };
    expect((await projecting.queries.listExecutions({ tenant: 'acme' }, cut, { limit: 5 })).items).to.deep.equal([]);
  });

  it('are dropped once all that they had has expired', async () => {
    await record(
      entriesOf([
        execution(1, '2026-01-05T00:00:00.000Z'),
        execution(2, '2026-01-06T00:00:00.000Z', { jobId: 4 }),
        execution(3, '2026-03-07T00:00:00.000Z'),
      ]),
    );
    const total = async (filter: ExecutionFilter) =>
      (await projecting.queries.listExecutions({ tenant: 'acme' }, filter, { limit: 50 })).total;
    expect([await total({}), await total({ jobId: 1 })]).to.deep.equal([3, 2]);
    await record([expired(1, '2026-03-01T00:00:00.000Z', 1)]);
    expect([await total({}), await total({ jobId: 1 }), await total({ jobId: 4 })]).to.deep.equal([undefined, 1, 1]);
    expect(await ids()).to.deep.equal([3, 2]);
    expect(await months()).to.include.members(['executions_ended_2026_01', 'execution_terms_2026_01']);
    await record([expired(4, '2026-03-01T00:00:00.000Z', 1)]);
    expect(await ids()).to.deep.equal([3]);
    expect(await months()).to.deep.equal(
      ['execution_terms', 'executions_ended'].flatMap((table) =>
        ['2026_03', '2026_04'].map((month) => `${table}_${month}`),
      ),
    );
    await record(entriesOf([execution(4, '2026-02-07T00:00:00.000Z')]));
    expect(await ids()).to.deep.equal([3, 4]);
  });
});
