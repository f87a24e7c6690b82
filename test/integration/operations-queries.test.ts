import { expect } from 'chai';
import type {
  BulkWork,
  ExecutionSelection,
  HttpJobDefinition,
  JobSelection,
  Operation,
} from '../../src/domain/events/index.ts';
import { jobStream, operationStream } from '../../src/domain/streams.ts';
import { toInstant } from '../../src/domain/values.ts';
import type { ItemWalk, SelectedItem } from '../../src/projections/queries/operations.ts';
import type { ExecutionView } from '../../src/projections/queries/records/executions.ts';
import { history } from '../support/histories.ts';
import { jobCreated, jobDeleted } from '../support/jobs.ts';
import { anOperation } from '../support/operations.ts';
import { openProjecting, type Projecting } from '../support/projecting.ts';

const acme = { tenant: 'acme' };
const END = '2099-01-01T00:00:00.000Z';
/** Jobs that come after those of the history. */
const FIRST = 100;
const createdAt = (jobId: number): string => toInstant(Date.UTC(2026, 4, 1) + Math.floor(jobId / 2) * 1_000);
const labelled = (jobId: number): Partial<HttpJobDefinition> => ({
  jobId,
  name: `Bulk ${jobId}`,
  createdAt: createdAt(jobId),
  labels: { team: 'crm', parity: jobId % 2 === 0 ? 'even' : 'odd' },
});
const bulkJobs = (filter: JobSelection): BulkWork => ({ of: 'jobs', action: 'delete', filter });
const bulkExecutions = (action: 'cancel' | 'rerun', filter: ExecutionSelection): BulkWork => ({
  of: 'executions',
  action,
  filter,
});

describe('queries of operations', () => {
  let projecting: Projecting;
  before(async () => {
    projecting = await openProjecting();
    projecting.run();
    const steps = Array.from({ length: 12 }, (_, index) =>
      (['request', 'claim', 'start', 'succeed', 'request'] as const).map((step) => ({ jobId: (index % 4) + 1, step })),
    );
    await projecting.append(history(steps.flat()));
    for (let jobId = FIRST; jobId < FIRST + 10; jobId++) {
      await projecting.append([{ stream: jobStream(jobId), event: jobCreated(labelled(jobId)) }]);
    }
    await projecting.append([{ stream: jobStream(FIRST), event: jobDeleted(labelled(FIRST)) }]);
    const other = { ...labelled(FIRST + 10), tenant: 'globex' };
    const position = await projecting.append([{ stream: jobStream(FIRST + 10), event: jobCreated(other) }]);
    await projecting.reach(position);
  });
  after(() => projecting.close());

  const walk = async (work: BulkWork, limit: number, upTo = END): Promise<SelectedItem[]> => {
    const found: SelectedItem[] = [];
    for (let after: ItemWalk['after']; ; after = found.at(-1)?.cursor) {
      const page = await projecting.queries.selectItems(acme, work, { upTo, after, limit });
      if (page.length === 0) return found;
      expect(page.length).to.be.at.most(limit);
      found.push(...page);
    }
  };
  const idsOf = (items: readonly SelectedItem[]) => items.map(({ cursor }) => cursor.id);
  const ofApplications = (...applications: number[]) => ({ ...acme, applications });
  const count = (work: BulkWork, upTo = END) => projecting.queries.countItems(acme, work, upTo);

  it('walk jobs in the order of their creation, without deleted ones and those of others', async () => {
    const work = bulkJobs({ labels: { team: 'crm' } });
    const ids = Array.from({ length: 9 }, (_, index) => FIRST + 1 + index);
    for (const limit of [1, 2, 4, 100]) expect(idsOf(await walk(work, limit))).to.deep.equal(ids);
    expect(await count(work)).to.equal(9);
    const upTo = createdAt(FIRST + 4);
    expect(idsOf(await walk(work, 100, upTo))).to.deep.equal(ids.slice(0, 5));
    expect(await count(work, upTo)).to.equal(5);
  });

  it('take nothing beyond the applications of the scope, whatever the filter states', async () => {
    const { selectItems, countItems } = projecting.queries;
    const first = { upTo: END, after: undefined, limit: 100 };
    for (const work of [
      bulkJobs,
      (filter: { all: true } | { applicationId: number }) => bulkExecutions('rerun', filter),
    ]) {
      const all = work({ all: true });
      const [only] = await selectItems(acme, all, first);
      expect(only).to.not.equal(undefined);
      for (const applicationId of [1, 2, 3, 4]) {
        const scope = ofApplications(applicationId);
        const own = work({ applicationId });
        expect(await countItems(scope, all, END)).to.equal(await countItems(acme, own, END));
        expect(await selectItems(scope, all, first)).to.deep.equal(await selectItems(acme, own, first));
        expect(await countItems(ofApplications(99), own, END)).to.equal(0);
      }
      expect(await countItems(ofApplications(), all, END)).to.equal(0);
      expect(await countItems(ofApplications(1, 2, 3, 4, 5, 6, 7), all, END)).to.equal(
        await countItems(acme, all, END),
      );
    }
  });

  it('take jobs that match every field', async () => {
    const even = bulkJobs({
      labels: { team: 'crm', parity: 'even' },
      name: '*bULK*',
      target: 'example.com',
      state: ['active'],
      enabled: true,
      createdBy: 'ann',
    });
    expect(idsOf(await walk(even, 3))).to.deep.equal([FIRST + 2, FIRST + 4, FIRST + 6, FIRST + 8]);
    for (const filter of [
      { name: 'no bulk' },
      { state: ['disabled' as const] },
      { target: 'other.com' },
      { enabled: false },
      { applicationId: 99 },
      { taskType: 'Other' },
    ]) {
      expect(await count(bulkJobs({ labels: { team: 'crm' }, ...filter })), JSON.stringify(filter)).to.equal(0);
    }
    const { total } = await projecting.queries.listJobs(acme, {}, { limit: 1 });
    expect(await count(bulkJobs({ all: true }))).to.equal(total);
  });

  it('walk executions, and cancel those alone that have not ended', async () => {
    const { items } = await projecting.queries.listExecutions(acme, {}, { limit: 500 });
    const oldestFirst = items.toReversed();
    const idsWhere = (is: (each: ExecutionView) => boolean) => oldestFirst.filter(is).map(({ id }) => id);
    const expectAll = async (work: BulkWork, ids: readonly number[]) => {
      expect(ids).to.not.deep.equal([]);
      expect(idsOf(await walk(work, 3))).to.deep.equal(ids);
      expect(await count(work)).to.equal(ids.length);
    };
    await expectAll(
      bulkExecutions('rerun', { all: true }),
      idsWhere(() => true),
    );
    await expectAll(
      bulkExecutions('cancel', { all: true }),
      idsWhere(({ finishedAt }) => finishedAt === null),
    );
    await expectAll(
      bulkExecutions('rerun', { status: ['succeeded'], jobId: 1 }),
      idsWhere(({ status, jobId }) => status === 'succeeded' && jobId === 1),
    );
    expect(await count(bulkExecutions('cancel', { status: ['succeeded'] }))).to.equal(0);
    const [first] = await walk(bulkExecutions('rerun', { all: true }), 1);
    const { id, jobId, scheduledAt } = oldestFirst[0] ?? {};
    expect(first?.item).to.deep.equal({ of: 'execution', executionId: id, jobId, scheduledAt });
  });

  it('find the oldest operation of each tenant that has not ended', async () => {
    const { append, reach, queries } = projecting;
    const put = (operationId: number, tenant: string, other: Partial<Operation> = {}) => {
      const createdAt = toInstant(Date.UTC(2026, 4, 1) + operationId);
      const data = anOperation({ operationId, tenant, createdAt, ...other });
      return append([{ stream: operationStream(operationId), event: { type: 'OperationRequested', data } }]);
    };
    const end = (operationId: number, tenant: string) => {
      const createdAt = toInstant(Date.UTC(2026, 4, 1) + operationId);
      const data = anOperation({ operationId, tenant, createdAt, status: 'completed', endedAt: END });
      return append([{ stream: operationStream(operationId), event: { type: 'OperationEnded', data } }]);
    };
    await put(1, 'acme');
    await put(2, 'acme');
    await reach(await put(3, 'globex'));
    const open = async (limit = 8) => (await queries.openOperations(limit)).map(({ operationId }) => operationId);
    expect(await queries.openOperations(8)).to.deep.equal([
      { tenant: 'acme', operationId: 1 },
      { tenant: 'globex', operationId: 3 },
    ]);
    expect(await open(1)).to.deep.equal([1]);
    await reach(await end(1, 'acme'));
    expect(await open()).to.deep.equal([2, 3]);
    const spread: BulkWork = { of: 'jobs', action: 'trigger', filter: { all: true }, spread: '1h' };
    await put(4, 'globex', { work: spread });
    await reach(await put(5, 'globex', { work: spread }));
    expect(await open(), 'what is spread over time keeps nothing else waiting').to.deep.equal([2, 3, 4]);
    await reach(await put(4, 'globex', { work: spread, status: 'running', nextAt: END }));
    expect(await open(), 'one that rests has nothing to do').to.deep.equal([2, 3, 5]);
    await reach(await put(4, 'globex', { work: spread, status: 'cancelling', nextAt: END }));
    expect(await open(), 'unless it was cancelled').to.deep.equal([2, 3, 4]);
    await reach(await put(4, 'globex', { work: spread, status: 'running', nextAt: '2026-05-01T00:00:00.000Z' }));
    expect(await open(), 'or has rested').to.deep.equal([2, 3, 4]);

    const page = await queries.listOperations(acme, { limit: 1 });
    expect(page.items.map(({ id, status }) => [id, status])).to.deep.equal([[2, 'pending']]);
    const next = await queries.listOperations(acme, { limit: 1, ...(page.next && { cursor: page.next }) });
    expect([next.items.map(({ id, status }) => [id, status]), next.next]).to.deep.equal([
      [[1, 'completed']],
      undefined,
    ]);
    expect(await queries.getOperation(acme, 3)).to.equal(undefined);
    expect(await queries.getOperation({ tenant: 'globex' }, 3)).to.include({ id: 3, createdBy: 'ann', of: 'jobs' });
  });
});
