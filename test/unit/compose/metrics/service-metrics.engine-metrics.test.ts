import { expect } from 'chai';
import { createTenantLabels, showEngine } from '../../../../src/compose/metrics/service-metrics.ts';
import type { Base } from '../../../../src/compose/shared.ts';
import { loadConfig } from '../../../../src/config.ts';
import type { Engine } from '../../../../src/engine/engine.ts';
import { createMetrics } from '../../../../src/telemetry/metrics.ts';
import { parseScrape, sumOf } from '../../../support/scrape.ts';
import { stub } from '../../../support/stub.ts';

describe('the metrics of an engine', () => {
  const shown = async (ofTenants: ReturnType<Engine['shares']>['ofTenants'], tenants = createTenantLabels()) => {
    const metrics = createMetrics();
    const status = { engineId: 'e', state: 'claiming', jobs: 9, waiting: 3, waitingForPlace: 5, running: 6 } as const;
    const { engine, ...others } = loadConfig({});
    const config = { ...others, engine: { ...engine, concurrency: 10 } };
    showEngine(
      stub<Base>({ config, metrics, tenants }),
      stub<Engine>({
        status: () => ({ ...status, members: ['e', 'f'] }),
        shares: () => ({ ofTenants, largestTarget: 5 }),
        expiringCertificates: () => 7,
        parkedJobs: () => 8,
        executedAlone: () => new Map([['limit', 11]]),
      }),
    );
    return parseScrape((await metrics.render()).text);
  };

  it('are what waits, what runs, and who holds the most', async () => {
    const scraped = await shown(new Map([['acme', { running: 4, waiting: 2 }]]));
    const of = (name: string) => sumOf(scraped, `carillon_engine_${name}`);
    expect(
      ['claiming', 'members', 'jobs', 'call_capacity', 'calls_running', 'claims_waiting', 'jobs_waiting'].map(of),
    ).to.eql([1, 2, 9, 10, 6, 3, 5]);
    expect(of('jobs_parked')).to.equal(8);
    expect(sumOf(scraped, 'carillon_engine_executions_alone_total', { reason: 'limit' })).to.equal(11);
    expect(sumOf(scraped, 'carillon_tls_certificates_expiring')).to.equal(7);
    expect(sumOf(scraped, 'carillon_engine_largest_share_ratio', { of: 'tenant' })).to.equal(0.4);
    expect(sumOf(scraped, 'carillon_engine_largest_share_ratio', { of: 'target' })).to.equal(0.5);
  });

  it('name the first 20 tenants, and report the others together', async () => {
    const tenants = createTenantLabels();
    const first = Array.from({ length: 20 }, (_, index) => `tenant-${index}`);
    first.forEach(tenants.labelOf);
    const shares = {
      'tenant-3': { running: 4, waiting: 2 },
      globex: { running: 1, waiting: 0 },
      initech: { running: 1, waiting: 3 },
    };
    const scraped = await shown(new Map(Object.entries(shares)), tenants);
    const running = scraped.series.filter(({ name }) => name === 'carillon_tenant_calls_running');
    expect(running.map(({ labels }) => labels.tenant)).to.deep.equal([...first, 'other']);
    expect(running.filter(({ value }) => value > 0).map(({ labels, value }) => [labels.tenant, value])).to.deep.equal([
      ['tenant-3', 4],
      ['other', 2],
    ]);
    expect(sumOf(scraped, 'carillon_tenant_jobs_waiting', { tenant: 'other' })).to.equal(3);
  });
});
