import { expect } from 'chai';
import pg from 'pg';
import type { QuerySqlToken } from 'slonik';
import { z } from 'zod';
import { KEEP_PLANS, READ_IN_ORDER } from '../../src/db/bounds.ts';
import { readerOver, rowsOf } from '../../src/db/reader.ts';
import type { ExecutionFilter } from '../../src/projections/queries/executions-filter.ts';
import { listExecutions } from '../../src/projections/queries/list-executions.ts';
import { entriesOf, someExecutions } from '../support/execution-histories.ts';
import { history } from '../support/histories.ts';
import { openProjecting, type Projecting } from '../support/projecting.ts';

/** The columns that each filter is looked up by, in an index that has the rows in the order of lists after them. */
const LOOK_UPS: readonly (readonly [filter: ExecutionFilter, index: RegExp])[] = [
  [{}, /_tenant_created_at_id/],
  [{ from: '2025-12-01T00:00:00.000Z', to: '2025-12-20T00:00:00.000Z' }, /_tenant_created_at_id/],
  [{ jobId: 3 }, /_tenant_job_id_created_at_id/],
  [{ jobName: 'job 3' }, /_tenant_job_id_created_at_id/],
  [{ applicationId: 1 }, /_tenant_application_id_created_at/],
  [{ application: 'app-1' }, /_tenant_application_id_created_at/],
  [{ status: ['failed'] }, /_tenant_status_created_at_id/],
  [{ status: ['failed', 'cancelled'], jobId: 1 }, /_tenant_job_id_status_/],
  [{ status: ['failed'], applicationId: 1 }, /_tenant_application_id_status_/],
  [{ trigger: 'rerun' }, /_tenant_trigger_created_at_id/],
  [{ trigger: 'rerun', jobId: 1 }, /_tenant_job_id_trigger_/],
  [{ trigger: 'rerun', applicationId: 1 }, /_tenant_application_id_trigger_/],
  [{ errorCode: 'HTTP_503' }, /_tenant_error_code_/],
  [{ errorCode: 'HTTP_503', jobId: 1 }, /_tenant_job_id_error_code_/],
  [{ backfillId: 1 }, /_backfill_id_created_at_id/],
  [{ labels: { team: 'red' } }, /execution_terms_\d+_\d+_pkey/],
  [{ labels: { team: 'red' }, jobId: 1 }, /_tenant_job_id_term_created_at_id/],
  [{ labels: { team: 'red' }, status: ['failed'] }, /execution_terms_\d+_\d+_pkey/],
  [{ errorText: 'refused' }, /execution_terms_\d+_\d+_pkey/],
  [{ errorText: 'refused', jobId: 1 }, /_tenant_job_id_term_created_at_id/],
];

const PlanNode = z.object({
  'Node Type': z.string(),
  'Relation Name': z.string().optional(),
  'Index Name': z.string().optional(),
  'Index Cond': z.string().optional(),
  get Plans() {
    return z.array(PlanNode).optional();
  },
});
type PlanNode = z.infer<typeof PlanNode>;
const Explained = z.array(z.object({ 'QUERY PLAN': z.tuple([z.object({ Plan: PlanNode })]) }));

const nodesOf = (node: PlanNode): PlanNode[] => [node, ...(node.Plans ?? []).flatMap(nodesOf)];

describe('plans of pages of executions', () => {
  let projecting: Projecting;
  let client: pg.Client;
  before(async () => {
    projecting = await openProjecting();
    projecting.run();
    const jobs = history([1, 2, 3, 4, 5].map((jobId) => ({ jobId, step: 'request' as const })));
    const made = jobs.filter(({ event }) => event.type !== 'ExecutionRequested');
    await projecting.reach(await projecting.append([...made, ...entriesOf(someExecutions(2_000))]));
    await projecting.pool.query('VACUUM ANALYZE');
    client = new pg.Client({ connectionString: projecting.database.url, options: `${KEEP_PLANS} ${READ_IN_ORDER}` });
    await client.connect();
  });
  after(async () => {
    await client.end();
    await projecting.close();
  });

  /** The plan of each statement that is read for a page after a place, of rows of months that have some. */
  const plansOf = async (filter: ExecutionFilter): Promise<PlanNode[]> => {
    const plans: PlanNode[] = [];
    const explain = async ({ sql: text, values }: QuerySqlToken): Promise<void> => {
      const { rows } = await client.query(`EXPLAIN (FORMAT JSON) ${text.replaceAll('$slonik_', '$')}`, [...values]);
      plans.push(...Explained.parse(rows).flatMap(({ 'QUERY PLAN': [{ Plan }] }) => nodesOf(Plan)));
    };
    const reader = readerOver(async (query) => {
      await explain(query);
      return rowsOf(client, query);
    });
    const first = await listExecutions(reader, { tenant: 'acme' }, filter, { limit: 5 });
    expect(first.next, JSON.stringify(filter)).to.be.a('string');
    plans.length = 0;
    await listExecutions(reader, { tenant: 'acme' }, filter, { limit: 5, cursor: first.next ?? '' });
    return plans;
  };

  it('look each filter up in the index that has it, and sort nothing that grows', async () => {
    for (const [filter, index] of LOOK_UPS) {
      const plans = await plansOf(filter);
      const ofMonths = plans.filter(({ 'Relation Name': name = '' }) =>
        /^execution(s_ended|_terms)_202[56]/.test(name),
      );
      const used = ofMonths.map((node) => node['Index Name'] ?? node['Node Type']);
      expect(ofMonths, JSON.stringify(filter)).to.have.length.above(0);
      // Rows that a term names are looked up by their keys.
      const others = used.filter((name) => !index.test(name) && !/executions_ended_\d+_\d+_pkey/.test(name));
      expect(others, JSON.stringify(filter)).to.deep.equal([]);
      expect(plans.some(({ 'Node Type': type }) => type === 'Seq Scan')).to.equal(false);
    }
  });

  it('leave out the months after the place where a page begins', async () => {
    const plans = await plansOf({ to: '2026-01-01T00:00:00.000Z' });
    const months = plans.flatMap(
      ({ 'Relation Name': name = '' }) => /^executions_ended_(\d+_\d+)$/.exec(name)?.[1] ?? [],
    );
    expect([...new Set(months)].sort()).to.deep.equal(['2025_11', '2025_12']);
  });
});
