import { expect } from 'chai';
import fc from 'fast-check';
import { EVERY_TENANT } from '../../src/domain/values.ts';
import type { ExecutionFilter } from '../../src/projections/queries/executions-filter.ts';
import type { ListPage, SortedPageRequest } from '../../src/projections/queries/page.ts';
import type { Scope } from '../../src/projections/queries/scope.ts';
import {
  ERRORS,
  entriesOf,
  inOrder,
  isTaken,
  LABELS,
  someExecutions,
  TRIGGERS,
} from '../support/execution-histories.ts';
import { history } from '../support/histories.ts';
import { openProjecting, type Projecting } from '../support/projecting.ts';

const COUNT = 360;
const executions = someExecutions(COUNT);
const instants = executions.map(({ createdAt }) => createdAt);

const statuses = fc.uniqueArray(fc.constantFrom('pending', 'running', 'succeeded', 'failed', 'cancelled'), {
  minLength: 1,
});
const anyFilter: fc.Arbitrary<ExecutionFilter> = fc
  .record(
    {
      jobId: fc.integer({ min: 1, max: 6 }),
      jobName: fc.constantFrom('job*', 'job 1', 'none'),
      applicationId: fc.integer({ min: 1, max: 3 }),
      application: fc.constantFrom('app-1', 'app-2', 'app-9'),
      status: statuses,
      errorCode: fc.constantFrom(...ERRORS.map(({ code }) => code)),
      errorText: fc.constantFrom('refused', 'the 503', 'Answer', 'nothing of it', '10.0.0.7'),
      labels: fc.constantFrom(...LABELS).map((labels) => labels ?? { team: 'none' }),
      trigger: fc.constantFrom(...TRIGGERS),
      backfillId: fc.integer({ min: 1, max: 3 }),
      from: fc.constantFrom(...instants),
      to: fc.constantFrom(...instants),
    },
    { requiredKeys: [] },
  )
  .chain((whole) =>
    // Filters with many fields find nothing.
    fc
      .subarray(Object.keys(whole), { maxLength: Math.min(3, Object.keys(whole).length) })
      .map(
        (kept): ExecutionFilter => Object.fromEntries(Object.entries(whole).filter(([name]) => kept.includes(name))),
      ),
  );

const anyScope = fc.record(
  {
    tenant: fc.constantFrom('acme', 'globex', EVERY_TENANT),
    applications: fc.uniqueArray(fc.integer({ min: 1, max: 3 }), { minLength: 1 }),
    asOf: fc.constant('2099-01-01T00:00:00.000Z'),
  },
  { requiredKeys: ['tenant'] },
);

const isSeen = ({ tenant, applications }: Scope, of: { readonly tenant: string; readonly applicationId: number }) =>
  (tenant === EVERY_TENANT || of.tenant === tenant) && applications?.includes(of.applicationId) !== false;

describe('pages of executions', () => {
  let projecting: Projecting;
  before(async () => {
    projecting = await openProjecting();
    projecting.run();
    const jobs = history([1, 2, 3, 4, 5].map((jobId) => ({ jobId, step: 'request' as const })));
    const made = jobs.filter(({ event }) => event.type !== 'ExecutionRequested');
    await projecting.reach(await projecting.append([...made, ...entriesOf(executions)]));
  });
  after(() => projecting.close());

  it('have each execution that a filter takes once, forwards and back', async () => {
    await fc.assert(
      fc.asyncProperty(
        anyScope,
        anyFilter,
        fc.integer({ min: 5, max: 60 }),
        fc.constantFrom('newest first' as const, 'oldest first' as const),
        async (scope, filter, limit, order) => {
          const taken = inOrder(executions.filter((each) => isSeen(scope, each) && isTaken(each, filter)));
          const expected = (order === 'newest first' ? taken : taken.toReversed()).map(({ id }) => id);
          const list = (page: Partial<SortedPageRequest>) =>
            projecting.queries.listExecutions(scope, filter, { limit, order, ...page });
          const ids = ({ items }: ListPage<{ readonly id: number }>) => items.map(({ id }) => id);

          let page = await list({});
          expect(page.previous).to.equal(undefined);
          if (page.total !== undefined) expect(page.total).to.equal(expected.length);
          const forwards = ids(page);
          while (page.next !== undefined) {
            page = await list({ cursor: page.next });
            forwards.push(...ids(page));
          }
          expect(forwards).to.deep.equal(expected);

          const back = ids(page);
          while (page.previous !== undefined) {
            const later = ids(page);
            page = await list({ cursor: page.previous });
            back.unshift(...ids(page));
            expect(page.next && ids(await list({ cursor: page.next })), 'forwards from a page back').to.deep.equal(
              later,
            );
          }
          expect(back).to.deep.equal(expected);
        },
      ),
      {
        numRuns: 20,
        examples: [
          [{ tenant: EVERY_TENANT }, { from: instants[30] ?? '', to: instants[300] ?? '' }, 60, 'newest first'],
          [{ tenant: EVERY_TENANT }, { status: ['failed', 'succeeded'], applicationId: 2 }, 20, 'oldest first'],
          [{ tenant: 'acme', applications: [2] }, { errorText: 'refused' }, 5, 'newest first'],
        ],
      },
    );
  });
});
