import { expect } from 'chai';
import { ROLES, type Role } from '../../src/compose.ts';
import { type AService, aService, type OtherProcess } from '../support/a-service/a-service.ts';
import { startFakeEventStoreDb } from '../support/eventstoredb/server.ts';
import { documentedMetrics } from '../support/metrics-table.ts';
import { opsQueries, selectorsIn } from '../support/ops.ts';
import { describePromtool, promtool } from '../support/promtool.ts';
import { type Scrape, scrape, sumOf } from '../support/scrape.ts';
import { startTarget, type Target } from '../support/target.ts';

/** Nothing listens there: the publisher and the tracer are there all the same, and have their metrics. */
const NOBODY = {
  KAFKA_BROKERS: '127.0.0.1:1',
  OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1',
  OTEL_TRACES_SAMPLER: 'parentbased_always_off',
};
const ofAcme = {
  tenant: 'acme',
  permissions: ['scheduler:jobs:read', 'scheduler:jobs:write', 'scheduler:jobs:trigger'],
};

/** Labels whose values are all there from the start, or have come by what the test does. */
const CLOSED: ReadonlySet<string> = new Set(['outcome', 'reason', 'code', 'of', 'state', 'connection']);
const matches = (pattern: string, text: string): boolean => new RegExp(`^(?:${pattern})$`).test(text);

describe('the metrics of a running service', () => {
  let service: AService;
  let target: Target;
  let metrics: Scrape;

  const create = async (api: ReturnType<AService['as']>, path: string, changes: object = {}): Promise<number> => {
    const applications = (await api.get('/applications')).body;
    const applicationId = applications[0]?.id ?? (await api.post('/applications', { name: 'crm' })).body.id;
    const taskConfig = { url: `${target.origin}/${path}`, method: 'GET', timeout: 60_000 };
    const [name] = path.split('?');
    const job = { applicationId, name, pattern: '@yearly', taskType: 'HttpInvokerTask', taskConfig, ...changes };
    const created = await api.post('/jobs', job);
    expect(created.status, JSON.stringify(created.body)).to.equal(201);
    return created.body.id;
  };
  const look = async (): Promise<Scrape> => scrape(service.url, service.token());
  /** Waits until the metrics say so. */
  const until = (holds: (scraped: Scrape) => boolean): Promise<Scrape> =>
    service.eventually(async () => {
      const scraped = await look();
      return holds(scraped) ? scraped : undefined;
    });
  const value = (name: string, labels?: Record<string, string>): number => sumOf(metrics, name, labels) ?? Number.NaN;

  before(async () => {
    [service, target] = [await aService().withSettings(NOBODY).start(), await startTarget()];
    const [ann, acme] = [service.as(), service.as(ofAcme)];
    await create(ann, 'echo', { pattern: '* * * * * *' });
    const again = { maxAttempts: 2, backoff: { initial: '100ms' } };
    await create(ann, 'status?code=500', { retry: again, pattern: '* * * * * *' });
    await acme.post(`/jobs/${await create(acme, 'silent')}/trigger`);
    await acme.post(`/jobs/${await create(acme, 'echo')}/trigger`);
    expect((await fetch(`${service.url}/_/scheduler/jobs`)).status).to.equal(401);
    await ann.post('/projections/jobs/rebuild');
    await service.eventually(async () => (await ann.get('/jobs/1')).status === 200 || undefined);
    metrics = await until(
      (scraped) =>
        (sumOf(scraped, 'carillon_executions_total', { code: 'HTTP_5xx' }) ?? 0) > 0 &&
        (sumOf(scraped, 'carillon_tenant_executions_total', { tenant: 'acme', outcome: 'succeeded' }) ?? 0) > 0 &&
        (sumOf(scraped, 'carillon_tenant_executions_total', { tenant: 'default', outcome: 'succeeded' }) ?? 0) > 0 &&
        (sumOf(scraped, 'carillon_engine_calls_running') ?? 0) > 0 &&
        (sumOf(scraped, 'carillon_subscription_restarts_total') ?? 0) > 0 &&
        (sumOf(scraped, 'carillon_slots_total', { outcome: 'fired' }) ?? 0) > 0,
    );
  });
  after(async () => {
    await target.close();
    await service.stop();
  });

  it('are those of the table in docs/reference/metrics.md, with its labels', () => {
    const known = new Map(documentedMetrics().map((metric) => [metric.name, metric]));
    expect([...metrics.kinds.keys()].filter((name) => name.startsWith('carillon_'))).to.have.members(
      [...known.keys()].filter((name) => name.startsWith('carillon_')),
    );
    for (const name of known.keys()) expect([...metrics.kinds.keys()]).to.include(name);
    for (const { name, labels } of metrics.series) {
      const metric = known.get(name) ?? known.get(name.replace(/_(?:bucket|sum|count)$/, ''));
      if (metric === undefined) continue;
      expect(Object.keys(labels).filter((label) => label !== 'le')).to.have.members(metric.labels);
    }
  });

  it('have all series and values that the queries in ops/ use', () => {
    for (const { of, expr } of opsQueries) {
      for (const { metric, matchers } of selectorsIn(expr)) {
        const ofHistogram = metrics.kinds.get(metric.replace(/_(?:bucket|sum|count)$/, '')) === 'histogram';
        const isThere = metrics.kinds.has(metric) ? metrics.kinds.get(metric) !== 'histogram' : ofHistogram;
        expect(isThere, `${of}: ${metric}`).to.equal(true);
        for (const { label, operator, value: requested } of matchers) {
          if (!CLOSED.has(label) || operator.startsWith('!')) continue;
          const given = metrics.series.filter(({ name }) => name === metric).map(({ labels }) => labels[label] ?? '');
          const fits =
            operator === '=' ? (each: string) => each === requested : (each: string) => matches(requested, each);
          expect(given.some(fits), `${of}: ${metric}{${label}${operator}"${requested}"}`).to.equal(true);
        }
      }
    }
  });

  it('count what happened', () => {
    for (const [name, labels] of [
      ['carillon_slot_lateness_seconds_count', {}],
      ['carillon_call_duration_seconds_count', { outcome: 'succeeded' }],
      ['carillon_call_duration_seconds_count', { outcome: 'failed' }],
      ['carillon_executions_total', { outcome: 'succeeded', code: '' }],
      ['carillon_executions_total', { outcome: 'failed', code: 'HTTP_5xx' }],
      ['carillon_retries_total', { code: 'HTTP_5xx' }],
      ['carillon_tenant_executions_total', { tenant: 'acme', outcome: 'succeeded' }],
      ['carillon_tenant_executions_total', { tenant: 'default', outcome: 'succeeded' }],
      ['carillon_slots_total', { outcome: 'fired' }],
      ['carillon_append_duration_seconds_count', {}],
      ['carillon_append_batch_appends_count', {}],
      ['carillon_http_request_duration_seconds_count', { method: 'GET', route: '/jobs/:id', status: '200' }],
      ['carillon_http_request_duration_seconds_count', { method: 'GET', route: '/jobs', status: '401' }],
      ['carillon_subscription_restarts_total', { reader: 'publisher' }],
      ['carillon_rejected_requests_total', { code: 'NOT_AUTHENTICATED' }],
      ['carillon_actions_total', { action: 'rebuild' }],
      ['process_cpu_seconds_total', {}],
    ] as const) {
      expect(value(name, labels), `${name} ${JSON.stringify(labels)}`).to.be.above(0);
    }
  });

  it('show the current state', () => {
    const jobs = 4;
    const places = 1_024;
    expect(value('carillon_engine_claiming')).to.equal(1);
    expect(value('carillon_engine_members')).to.equal(1);
    expect(value('carillon_engine_jobs')).to.equal(jobs);
    expect(value('carillon_engine_call_capacity')).to.equal(places);
    expect(value('carillon_engine_calls_running')).to.be.above(0);
    expect(value('carillon_engine_largest_share_ratio', { of: 'tenant' })).to.be.within(1 / places, jobs / places);
    expect(value('carillon_engine_largest_share_ratio', { of: 'target' })).to.be.within(1 / places, jobs / places);
    expect(value('carillon_tenant_calls_running', { tenant: 'acme' })).to.be.above(0);
    expect(value('carillon_projection_running', { projection: 'executions' })).to.equal(1);
    expect(value('carillon_projection_lag_seconds', { projection: 'executions' })).to.be.within(0, 60);
    expect(value('carillon_projection_lag_events', { projection: 'executions' })).to.be.within(0, 10_000);
    expect(value('carillon_publisher_publishing')).to.equal(0);
    expect(value('carillon_publisher_lag_seconds')).to.be.NaN;
    expect(value('carillon_publisher_lag_events')).to.be.NaN;
    expect(value('carillon_pool_connections', { pool: 'main' })).to.be.above(0);
    expect(value('carillon_pool_connections', { pool: 'log' })).to.be.above(0);
    expect(value('process_resident_memory_bytes')).to.be.above(10_000_000);
    expect(value('nodejs_eventloop_lag_p99_seconds')).to.be.above(0);
  });

  it('have no more series for more jobs, tenants, paths and codes', async () => {
    const ours = ({ series }: Scrape) => series.filter(({ name }) => name.startsWith('carillon_'));
    const shape = (scraped: Scrape) =>
      new Set(ours(scraped).map(({ name, labels }) => `${name} ${JSON.stringify(labels)}`));
    const use = async (tenant: string, status: number): Promise<void> => {
      const api = service.as({ ...ofAcme, tenant });
      const failing = await create(api, `status?code=${status}`, { name: `fails ${status}` });
      expect((await api.post(`/jobs/${failing}/trigger`)).status).to.equal(202);
      expect((await api.get(`/jobs/${failing}`)).status).to.equal(200);
      expect((await api.get(`/nothing-${failing}`)).status).to.equal(404);
      await fetch(`${service.url}/_/scheduler/nothing-${failing}`, { method: 'PATCH' });
    };
    const failed = (scraped: Scrape): number =>
      sumOf(scraped, 'carillon_executions_total', { outcome: 'failed', code: 'HTTP_4xx' }) ?? 0;
    const NAMED = 20;
    await Promise.all(Array.from({ length: NAMED }, (_, nth) => use(`named-${nth}`, 418)));
    const before = shape(await until((scraped) => failed(scraped) === NAMED));
    for (const status of [404, 410, 429]) await use(`stranger-${status}`, status);
    const after = shape(await until((scraped) => failed(scraped) === NAMED + 3));
    expect([...after].filter((each) => !before.has(each))).to.deep.equal([]);
  });

  describePromtool('by promtool', () => {
    it('pass promtool', async () => {
      const ours = metrics.text.split('\n').filter((line) => /^(?:# \w+ )?carillon_/.test(line));
      expect(await promtool(['check', 'metrics'], `${ours.join('\n')}\n`)).to.deep.equal({ code: 0, said: '' });
    });
  });

  describe('by role', () => {
    const beside = new Map<Role, OtherProcess>();

    before(async () => {
      for (const role of ROLES) beside.set(role, await service.startBeside({ roles: [role] }));
    });
    after(async () => {
      for (const each of beside.values()) await each.stop();
    });

    for (const role of ROLES) {
      it(`are what belongs to ${role}`, async () => {
        const { kinds } = await scrape(beside.get(role)?.url ?? '', service.token());
        const belonging = documentedMetrics().filter(({ roles }) => roles.includes('every') || roles.includes(role));
        expect([...kinds.keys()].filter((name) => name.startsWith('carillon_'))).to.have.members(
          belonging.map(({ name }) => name).filter((name) => name.startsWith('carillon_')),
        );
      });
    }
  });
});

describe('the metrics of a service whose log is in EventStoreDB', () => {
  it('are the same, except those of Postgres', async () => {
    const fake = await startFakeEventStoreDb();
    const service = await aService()
      .withSettings({ ...NOBODY, EVENTSTORE_URL: fake.url })
      .start();
    try {
      const { kinds } = await scrape(service.url, service.token());
      const ofPostgres = /_lag_events$|_batch_appends$/;
      expect([...kinds.keys()].filter((name) => name.startsWith('carillon_'))).to.have.members(
        documentedMetrics().flatMap(({ name }) =>
          name.startsWith('carillon_') && !ofPostgres.test(name) ? [name] : [],
        ),
      );
    } finally {
      await service.stop();
      fake.stop();
    }
  });
});
