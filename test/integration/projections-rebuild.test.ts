import { expect } from 'chai';
import { allProjections } from '../../src/projections/all.ts';
import { planRebuild, requestBuild } from '../../src/projections/builds.ts';
import { listProjections } from '../../src/projections/list-projections.ts';
import { loadSchedule, type ScheduleRow } from '../../src/projections/load-schedule.ts';
import { lockName } from '../../src/projections/registry.ts';
import { history, STEPS, type Step } from '../support/histories.ts';
import { poll } from '../support/poll.ts';
import { freshDatabase } from '../support/postgres.ts';
import { dump, openProjecting, type Projecting } from '../support/projecting.ts';

const rejected = (requested: Promise<unknown>): Promise<unknown> =>
  requested.then(
    () => undefined,
    (error: unknown) => error,
  );

const MAX = 20;
const kept = STEPS.filter((step) => step !== 'delete');
const manySteps: Step[] = Array.from({ length: 320 }, (_, index) => ({
  jobId: (index % 5) + 1,
  step: kept[Math.floor(index / 5) % kept.length] ?? 'claim',
}));

describe('rebuild', () => {
  let projecting: Projecting;
  beforeEach(async () => {
    projecting = await openProjecting(Date.now, freshDatabase);
  });
  afterEach(() => projecting.close());

  const rebuild = (pool: Projecting['pool'], name: string, compares = false) =>
    requestBuild(pool, { name, projections: allProjections }, { purpose: 'rebuild', compares });
  const verify = (name: string) =>
    requestBuild(projecting.pool, { name, projections: allProjections }, { purpose: 'verify', compares: true });
  const buildsOf = async (name: string) =>
    (await listProjections(projecting))
      .filter((each) => name === 'all' || each.name === name)
      .map(({ build }) => build);
  /** What was found once all builds of that name are done. */
  const comparisonsOf = async (name: string) => {
    await poll(async () => (await buildsOf(name)).every((build) => build?.phase === 'done'));
    return (await buildsOf(name)).map((build) => build?.comparison);
  };

  const load = async () => {
    const rows: ScheduleRow[] = [];
    return { ...(await loadSchedule(projecting.scheduleSource, (row) => rows.push(row))), rows };
  };
  const generations = async () => (await listProjections(projecting)).map(({ live }) => live?.generation);
  const rebuilt = () =>
    projecting.until(async () => (await listProjections(projecting)).every(({ building }) => building === undefined));

  it('gives the same rows, while the log grows and reads continue', async () => {
    const entries = history(manySteps);
    const half = Math.floor(entries.length / 2);
    projecting.run({ maxEvents: MAX });
    await projecting.reach(await projecting.append(entries.slice(0, half)));
    await rebuild(projecting.pool, 'all');

    let reading = true;
    const reads = (async () => {
      await poll(async () => {
        await projecting.queries.listExecutions({ tenant: 'acme' }, {}, { limit: 50 });
        return !reading;
      });
    })();
    const end = await projecting.append(entries.slice(half));
    await rebuilt();
    reading = false;
    await reads;
    expect(await generations()).to.deep.equal(allProjections.map(() => 2));
    await projecting.reach(end);
    const after = await dump(projecting.pool, allProjections);

    await rebuild(projecting.pool, 'all');
    await projecting.until(async () => (await generations()).every((generation) => generation === 3));
    expect(await dump(projecting.pool, allProjections)).to.deep.equal(after);
    expect(after.executions?.length).to.be.greaterThan(40);
    expect(after.slot_ranges?.length).to.be.greaterThan(15);
  });

  it('is continued after its process was killed', async () => {
    const entries = history(manySteps);
    const runner = projecting.run({ maxEvents: MAX });
    await projecting.reach(await projecting.append(entries));
    await rebuild(projecting.pool, 'executions');
    await projecting.until(
      async () =>
        (await listProjections(projecting))[3]?.building?.position !== undefined || (await generations())[3] === 2,
    );
    await runner.stop();

    projecting.run({ maxEvents: MAX });
    await projecting.until(async () => (await generations())[3] === 2);
    expect(await generations()).to.deep.equal(allProjections.map(({ name }) => (name === 'executions' ? 2 : 1)));
  });

  it('continues when its connections break, and ends with the same rows', async () => {
    const runner = projecting.run({ maxEvents: MAX });
    await projecting.reach(await projecting.append(history(manySteps)));
    const before = await dump(projecting.pool, allProjections);
    await rebuild(projecting.pool, 'all');
    const broken = async () => {
      const { rowCount } = await projecting.pool.query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
         WHERE application_name = 'carillon projections fill building' AND datname = current_database()`,
      );
      return (rowCount ?? 0) > 0;
    };
    while (!(await broken())) await new Promise(setImmediate);
    await comparisonsOf('all');
    expect(await generations()).to.deep.equal(allProjections.map(() => 2));
    expect(await dump(projecting.pool, allProjections)).to.deep.equal(before);
    await runner.stop();
  });

  it('is rejected with the progress of a running rebuild, and drops the old tables', async () => {
    await rebuild(projecting.pool, 'jobs');
    const second = await rejected(rebuild(projecting.pool, 'all'));
    expect(second).to.include({ code: 'REBUILD_IN_PROGRESS' });
    expect(second)
      .to.have.property('message')
      .that.contains('jobs (generation 1, waiting)')
      .and.does.not.contain('executions');
    projecting.run();
    await projecting.reach(await projecting.append(history(manySteps)));
    await comparisonsOf('jobs');
    expect(await buildsOf('jobs')).to.have.nested.property('[0].progress', 1);
    const retired = "SELECT 1 FROM projection_generations WHERE state = 'retired'";
    await poll(async () => (await projecting.pool.query(retired)).rowCount === 0);
    const { rows } = await projecting.pool.query(
      "SELECT nspname AS name FROM pg_namespace WHERE nspname LIKE 'jobs_g%'",
    );
    expect(rows).to.have.length(1);
  });

  it('drops read models that this release does not have, if no process runs them', async () => {
    await projecting.pool.query(
      `INSERT INTO projection_generations (projection, generation, shape, state)
       VALUES ('replaced', 1, '2', 'live'), ('used', 1, '2', 'live');
       CREATE SCHEMA replaced_g1; CREATE SCHEMA replaced_v2; CREATE SCHEMA used_g1; CREATE SCHEMA used_v2`,
    );
    const other = await projecting.pool.connect();
    await other.query('SELECT pg_advisory_lock(hashtextextended($1, 0))', [
      lockName({ name: 'used', shape: '2' }, 'live'),
    ]);
    await rebuild(projecting.pool, 'hooks');
    projecting.run();
    await projecting.append(history(manySteps));
    await comparisonsOf('hooks');
    const schemas = async () => {
      const { rows } = await projecting.pool.query<{ name: string }>(
        `SELECT nspname AS name FROM pg_namespace WHERE nspname ~ '^(replaced|used)_' ORDER BY 1`,
      );
      return rows.map(({ name }) => name);
    };
    await poll(async () => !(await schemas()).includes('replaced_g1'));
    expect(await schemas()).to.deep.equal(['used_g1', 'used_v2']);
    other.release(true);
  });

  it('of what is no projection is rejected, with the names of those that there are', async () => {
    const unknown = await rejected(rebuild(projecting.pool, 'nothing'));
    expect(unknown).to.have.property('code', 'PROJECTION_NOT_FOUND');
    expect(unknown).to.have.property('message').that.contains('documents, jobs, schedule');
  });

  it('can be planned: events to read, and how large the tables are', async () => {
    projecting.run();
    const entries = history(manySteps);
    await projecting.reach(await projecting.append(entries));
    const [plan] = await planRebuild(projecting.pool, { name: 'executions', projections: allProjections });
    expect(plan).to.include({ name: 'executions', events: entries.length, estimatedMs: 1_000 });
    expect(plan?.sizeBytes).to.be.greaterThan(8_192);
    expect(await generations()).to.deep.equal(allProjections.map(() => 1));
  });

  it('and verification find no difference while the log grows', async () => {
    const entries = history(manySteps);
    const part = Math.floor(entries.length / 40);
    projecting.run({ maxEvents: MAX });
    await projecting.reach(await projecting.append(entries.slice(0, part)));
    await verify('all');
    let done = false;
    const growing = (async () => {
      for (let from = part; from < entries.length; from += part) {
        await projecting.append(entries.slice(from, from + part));
        // Some is left for the second one.
        if (!done && from < entries.length / 2) await new Promise((resolve) => setTimeout(resolve, 10));
      }
    })();
    const found = await comparisonsOf('all');
    done = true;
    await growing;
    expect(found.map((comparison) => comparison?.first)).to.deep.equal(allProjections.map(() => []));
    expect(await generations()).to.deep.equal(allProjections.map(() => 1));

    await rebuild(projecting.pool, 'all', true);
    expect((await comparisonsOf('all')).map((comparison) => comparison?.differences)).to.deep.equal(
      allProjections.map(() => 0),
    );
  });

  it('and verification find each row that is not as the log states', async () => {
    projecting.run();
    await projecting.reach(await projecting.append(history(manySteps)));
    const { pool } = projecting;
    const { rows: ids } = await pool.query('SELECT id FROM executions_g1.executions ORDER BY id LIMIT 3');
    const [changed, lost] = ids.map(({ id }) => Number(id));
    await pool.query("UPDATE executions_g1.executions SET status = 'cancelled' WHERE id = $1", [changed]);
    await pool.query('DELETE FROM executions_g1.executions WHERE id = $1', [lost]);
    await pool.query(`INSERT INTO executions_g1.execution_counts VALUES ('nobody', 'tenant', 0, 0, 0, 0, 0, 0)`);
    await verify('executions');
    const [found] = await comparisonsOf('executions');
    expect(found?.differences).to.equal(3);
    const idsOf = ({ created_at: _, is_open: __, ...key }: Record<string, unknown>) => key;
    expect(found?.first.map(({ table, kind, key }) => [table, kind, idsOf(key)])).to.have.deep.members([
      ['executions', 'different', { id: changed }],
      ['executions', 'missing', { id: lost }],
      ['execution_counts', 'extra', { tenant: 'nobody', kind: 'tenant', id: 0 }],
    ]);
    const [column] = found?.first.find(({ kind }) => kind === 'different')?.columns ?? [];
    expect(column).to.include({ column: 'status', live: 'cancelled' });
    expect((await buildsOf('executions'))[0]).to.include({ purpose: 'verify', phase: 'done', progress: 1 });

    await rebuild(pool, 'executions', true);
    expect((await comparisonsOf('executions'))[0]?.differences).to.equal(3);
    await verify('executions');
    expect((await comparisonsOf('executions'))[0]?.differences).to.equal(0);
  });

  it('lets an engine load rows and their checkpoint consistently', async () => {
    projecting.run();
    await projecting.reach(
      await projecting.append(
        history([
          { jobId: 1, step: 'claim' },
          { jobId: 2, step: 'switch' },
          { jobId: 4, step: 'delete' },
        ]),
      ),
    );
    const { rows, ...checkpoint } = await load();
    expect(checkpoint.position).to.equal(await projecting.store.end());
    expect(checkpoint.lastEvent?.position).to.equal(await projecting.store.end());
    expect(
      rows.map(({ jobId, enabled, runsRevision, tail }) => [jobId, enabled, runsRevision, tail?.open.length]),
    ).to.deep.equal([
      [1, true, 0, 1],
      [2, false, 0, 0],
    ]);
  });

  it('leaves an engine that loads in the meantime the generation and the moment with which it began', async () => {
    projecting.run();
    const end = await projecting.append(history([{ jobId: 1, step: 'claim' }]));
    await projecting.reach(end);
    const holder = await projecting.pool.connect();
    try {
      await holder.query('BEGIN; LOCK TABLE schedule_g1.schedule IN ACCESS EXCLUSIVE MODE');
      const loading = load();
      const isHeld = `SELECT FROM pg_stat_activity WHERE application_name = 'carillon schedule' AND wait_event_type = 'Lock'`;
      // No checkpoint moves when it begins to wait.
      await poll(async () => (await projecting.pool.query(isHeld)).rowCount === 1);
      await rebuild(projecting.pool, 'schedule');
      await projecting.until(async () => (await generations()).includes(2));
      await projecting.reach(await projecting.append(history([{ jobId: 2, step: 'claim' }])));
      await holder.query('COMMIT');
      const { rows, position, lastEvent } = await loading;
      expect([position, lastEvent?.position]).to.deep.equal([end, end]);
      expect(rows.map(({ jobId }) => jobId)).to.deep.equal([1]);
      expect((await load()).rows.map(({ jobId }) => jobId)).to.deep.equal([1, 2]);
    } finally {
      holder.release(true);
    }
  });
});
