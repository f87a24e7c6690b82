import { expect } from 'chai';
import { runsStream } from '../../src/domain/streams.ts';
import { EVERY_TENANT } from '../../src/domain/values.ts';
import type { ExecutionFilter } from '../../src/projections/queries/executions-filter.ts';
import { BadCursor } from '../../src/projections/queries/keyset.ts';
import type { ListPage, PageRequest } from '../../src/projections/queries/page.ts';
import type { Scope } from '../../src/projections/queries/scope.ts';
import type { Entry } from '../support/entry.ts';
import { history, STEPS, type Step } from '../support/histories.ts';
import { openProjecting, type Projecting } from '../support/projecting.ts';
import { runsOf } from '../support/run-events.ts';
import { at, slotHistory } from '../support/slot-histories.ts';

// Jobs 1, 3 and 4 are acme's (applications 2, 1, 2), jobs 2 and 5 are globex's (application 3).
const steps: Step[] = Array.from({ length: 300 }, (_, index) => ({
  jobId: (index % 5) + 1,
  step: STEPS[3 + ((index * 5) % 6)] ?? 'claim',
}));
const acme = { tenant: 'acme' };
const anyone: Scope = { tenant: EVERY_TENANT };

const everyPage = async <T>(list: (page: PageRequest) => Promise<ListPage<T>>, limit: number): Promise<T[]> => {
  const items: T[] = [];
  let page = await list({ limit });
  items.push(...page.items);
  while (page.next !== undefined) {
    page = await list({ limit, cursor: page.next });
    items.push(...page.items);
  }
  return items;
};

describe('queries', () => {
  let projecting: Projecting;
  before(async () => {
    projecting = await openProjecting();
    projecting.run();
    await projecting.reach(
      await projecting.append(history([...steps, { jobId: 1, step: 'switch' }, { jobId: 4, step: 'delete' }])),
    );
  });
  after(() => projecting.close());

  it('return each piece of work once, even while a taken one is still shown as offered', async () => {
    const runs = runsOf(1, 2);
    const atMs = Date.parse('2026-03-02T10:00:00.000Z');
    const entries = [901, 902].map((executionId): Entry => {
      runs.wait(executionId, atMs);
      const { type, data } = runs.offer(executionId, atMs);
      return { stream: runsStream(1), event: { type, data: { ...data, offers: true } } };
    });
    await projecting.reach(await projecting.append(entries));
    const queue = { ...acme, applicationId: 2, queue: 'reports', tasks: undefined };
    const found = await projecting.queries.offersToTake({
      ...queue,
      ...{ takeHashes: ['hash'], executionIds: [901], limit: 10 },
    });
    expect(found.map(({ executionId }) => executionId)).to.deep.equal([901, 902]);
  });

  it('lists jobs oldest first, by each filter', async () => {
    const { queries } = projecting;
    const ids = async (filter: Parameters<typeof queries.listJobs>[1]) => {
      const page = await queries.listJobs(acme, filter, { limit: 10 });
      return [page.items.map(({ job }) => job.jobId), page.total];
    };
    expect(await ids({})).to.deep.equal([[1, 3], 2]);
    expect(await ids({ enabled: false })).to.deep.equal([[1], 1]);
    expect(await ids({ applicationId: 1 })).to.deep.equal([[3], 1]);
    expect(await ids({ application: 'app-1' })).to.deep.equal([[3], 1]);
    expect(await ids({ application: 'app-3' })).to.deep.equal([[], 0]);
    const newest = await everyPage(
      (page) => queries.listJobs(acme, {}, { ...page, sort: { by: 'createdAt', isDescending: true } }),
      1,
    );
    expect(newest.map(({ job }) => job.jobId)).to.deep.equal([3, 1]);
    for (const name of ['job 3', 'JOB*3', 'JO*', '*3', '*', 'job 3*', '*O*']) {
      const found = { 'JO*': [1, 3], '*': [1, 3], '*O*': [1, 3] }[name] ?? [3];
      expect(await ids({ name }), name).to.deep.equal([found, undefined]);
    }
    for (const name of ['%', '_ob 3', 'JOB 3', 'ob 3', 'job 3*job 3', '%*']) {
      expect(await ids({ name }), name).to.deep.equal([[], undefined]);
    }
    expect(await ids({ target: 'https://example.com' })).to.deep.equal([[1, 3], undefined]);
    expect(await ids({ target: 'example.com:80' })).to.deep.equal([[], undefined]);
    expect(await ids({ name: '\0', createdBy: 'bob' })).to.deep.equal([[], undefined]);
    expect(await ids({ labels: { team: 'red' } })).to.deep.equal([[], undefined]);
    const shared = await queries.listJobs(anyone, { labels: { team: 'red' } }, { limit: 10 });
    expect(shared.items.map(({ job }) => job.jobId)).to.deep.equal([2]);
    expect(await everyPage((page) => queries.listJobs(anyone, {}, page), 1)).to.have.length(4);
  });

  it('keeps executions of a deleted job readable, and shows an administrator all', async () => {
    const { queries } = projecting;
    expect(await queries.getJob(acme, 4)).to.equal(undefined);
    expect(await queries.jobEverExisted(acme, 4)).to.equal(true);
    expect((await queries.listExecutions(acme, { jobId: 4 }, { limit: 5 })).items).to.have.length(5);
    expect([...(await queries.namesOfJobs(acme, [4, 2, 99, 4]))]).to.deep.equal([
      [4, { jobName: 'job 4', applicationId: 2, applicationName: 'app-2' }],
    ]);
    expect((await queries.getApplication(anyone, 3))?.displayName).to.equal('Application 3');
    expect((await queries.listApplications(acme, { limit: 1 })).total).to.equal(2);
    const [execution] = (await queries.listExecutions({ tenant: 'globex' }, {}, { limit: 1 })).items;
    expect(await queries.getExecution(anyone, execution?.id ?? 0)).to.deep.equal(execution);
  });

  it('finds a job with its application and revision', async () => {
    const found = await projecting.queries.getJob(acme, 1);
    expect(found?.application).to.deep.equal({ id: 2, name: 'app-2', displayName: 'Application 2' });
    expect(found?.revision).to.equal(1);
    const [newest] = (await projecting.queries.listExecutions(acme, { jobId: 1 }, { limit: 1 })).items;
    expect(newest).to.deep.include(found?.lastExecution);
    expect(found?.nextRunAt).to.equal(null);
    const other = await projecting.queries.getJob(acme, 3);
    expect(Date.parse(other?.nextRunAt ?? '')).to.be.greaterThan(projecting.world.clock.now());
  });

  it('keeps concurrent requests for jobs apart', async () => {
    const { queries } = projecting;
    const requested = [
      queries.getJob(acme, 1),
      queries.getJob(acme, 2),
      queries.getJob(anyone, 2),
      queries.getJob(acme, 99),
    ];
    const found = (await Promise.all(requested)).map((view) => view?.job.jobId);
    expect(found).to.deep.equal([1, undefined, 2, undefined]);
  });

  it('finds nothing for invalid ids and dates, and rejects invalid cursors', async () => {
    const { queries } = projecting;
    for (const id of [-1, 0, 1e30, Number.NaN, 1.5]) {
      expect(await queries.getJob(acme, id)).to.equal(undefined);
      expect(await queries.getExecution(acme, id)).to.equal(undefined);
      expect((await queries.listExecutions(acme, { jobId: id }, { limit: 5 })).items).to.deep.equal([]);
    }
    const far = await queries.listExecutions(acme, { from: '9999-12-31T23:59:59.999Z' }, { limit: 5 });
    expect(far.items).to.deep.equal([]);
    const rejected = await queries.listJobs(acme, {}, { limit: 5, cursor: 'x' }).catch((error: unknown) => error);
    expect(rejected).to.be.instanceOf(BadCursor);
    const { next = '' } = await queries.listExecutions({ tenant: 'globex' }, {}, { limit: 1 });
    const foreign = await queries.listExecutions(acme, {}, { limit: 500, cursor: next });
    const all = await queries.listExecutions(acme, {}, { limit: 500 });
    expect(all.items).to.deep.include.members([...foreign.items]);
  });

  it('counts jobs and executions', async () => {
    const { queries } = projecting;
    const { items } = await queries.listExecutions(acme, {}, { limit: 500 });
    const filters: ExecutionFilter[] = [{}, { jobId: 1 }, { applicationId: 2 }, { status: ['failed', 'succeeded'] }];
    for (const filter of filters) {
      const listed = await queries.listExecutions(acme, filter, { limit: 500 });
      expect(listed.total, JSON.stringify(filter)).to.equal(listed.items.length);
    }
    const { jobs, executions } = await queries.statistics(acme);
    expect(jobs).to.deep.equal({ total: 2, enabled: 1 });
    expect(executions.succeeded).to.equal(items.filter(({ status }) => status === 'succeeded').length);
    expect(executions.running).to.equal(items.filter(({ status }) => status === 'running').length);
  });

  it('reports a position that is not reached in time', async () => {
    expect(await projecting.queries.awaitPosition('99999999999999999999', 10)).to.equal(false);
  });

  it('show a slot as called if its call was cancelled, even without a snapshot of the request', async () => {
    const job = slotHistory({ jobId: 60, tenant: 'hooli', applicationId: 9 }).created('09:00');
    for (const [clock, id] of [['09:01', 9_001] as const, ['09:02', 9_002] as const])
      job.claimed(clock, id).superseded(clock, id, 'disabled');
    const [uncalled, called] = [Date.parse(at('09:01')), Date.parse(at('09:02'))];
    const entries = job.entries.map((entry, index, { length }): Entry => {
      const { event } = entry;
      if (index < length - 1 || event.type !== 'ExecutionCancelled') return entry;
      return { ...entry, event: { ...event, data: { ...event.data, startedAt: at('09:02') } } };
    });
    await projecting.reach(await projecting.append(entries));
    const found = await projecting.queries.slotHistory({ tenant: 'hooli' }, 60, [uncalled, called]);
    expect([...found]).to.deep.equal([[called, 'unsuccessful']]);
  });
});
