import { expect } from 'chai';
import { allProjections } from '../../src/projections/all.ts';
import { listProjections } from '../../src/projections/list-projections.ts';
import { loadSchedule, type ScheduleRow } from '../../src/projections/load-schedule.ts';
import { rebuild } from '../../src/projections/rebuild.ts';
import { history, STEPS, type Step } from '../support/histories.ts';
import { dump, openProjecting, type Projecting } from '../support/projecting.ts';

const MAX = { live: 50, building: 20 };
const kept = STEPS.filter((step) => step !== 'delete');
const manySteps: Step[] = Array.from({ length: 400 }, (_, index) => ({
  jobId: (index % 5) + 1,
  step: kept[Math.floor(index / 5) % kept.length] ?? 'claim',
}));

describe('rebuild', () => {
  let projecting: Projecting;
  beforeEach(async () => {
    projecting = await openProjecting();
  });
  afterEach(() => projecting.close());

  const generations = async () => (await listProjections(projecting)).map(({ live }) => live?.generation);
  const rebuilt = () =>
    projecting.until(async () => (await listProjections(projecting)).every(({ building }) => building === undefined));

  it('gives the same rows, while the log grows and reads go on', async () => {
    const entries = history(manySteps);
    const half = Math.floor(entries.length / 2);
    projecting.run({ maxEvents: MAX });
    await projecting.reach(await projecting.append(entries.slice(0, half)));
    await rebuild(projecting.pool, 'all');

    let reading = true;
    const reads = (async () => {
      while (reading) await projecting.queries.listExecutions({ tenant: 'acme' }, {}, { limit: 50 });
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
    expect(after.executions?.length).to.be.greaterThan(50);
    expect(after.slot_ranges?.length).to.be.greaterThan(20);
  });

  it('is gone on with where a killed process left it', async () => {
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

  it('asked for twice is done once, and drops the old tables', async () => {
    projecting.run();
    await projecting.reach(await projecting.append(history(manySteps)));
    const [first] = await rebuild(projecting.pool, 'jobs');
    const [second] = await rebuild(projecting.pool, 'jobs');
    await projecting.until(async () => (await generations())[1] === (second?.generation ?? 0));
    expect(first?.generation).to.equal(2);
    const retired = "SELECT 1 FROM projection_generations WHERE state = 'retired'";
    while ((await projecting.pool.query(retired)).rowCount !== 0) await new Promise(setImmediate);
    const { rows } = await projecting.pool.query("SELECT 1 FROM pg_namespace WHERE nspname = 'jobs_g1'");
    expect(rows).to.deep.equal([]);
  });

  it('of what is no projection is refused', async () => {
    const refused = await rebuild(projecting.pool, 'nothing').then(
      () => undefined,
      (error: unknown) => error,
    );
    expect(refused).to.have.property('code', 'PROJECTION_NOT_FOUND');
  });

  it('leaves what an engine loads whole: rows and the checkpoint that they belong to', async () => {
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
    const rows: ScheduleRow[] = [];
    const checkpoint = await loadSchedule(projecting.scheduleSource, (page) => {
      rows.push(...page);
    });
    expect(checkpoint.position).to.equal(await projecting.store.end());
    expect(checkpoint.lastEvent?.position).to.equal(await projecting.store.end());
    expect(
      rows.map(({ jobId, enabled, runsRevision, tail }) => [jobId, enabled, runsRevision, tail?.open.length]),
    ).to.deep.equal([
      [1, true, 0, 1],
      [2, false, 0, 0],
    ]);
  });
});
