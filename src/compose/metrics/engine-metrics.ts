import type { Engine } from '../../engine/engine.ts';
import type { Metrics } from '../../telemetry/metrics.ts';
import { tenantLabels } from './tenant-labels.ts';

type EngineMetrics = {
  readonly engine: Pick<Engine, 'status' | 'shares' | 'expiringCertificates' | 'parkedJobs'>;
  readonly metrics: Pick<Metrics, 'gauge' | 'gauges'>;
  /** Places for calls, in all: `ENGINE_CONCURRENCY`. */
  readonly places: number;
  /** Tenants that are told by name. */
  readonly tenants: readonly string[];
};

/** Registers what an engine holds and does at the moment. */
export const showEngine = ({ engine, metrics, places, tenants }: EngineMetrics): void => {
  const { status, shares } = engine;
  const gauge = (name: string, help: string, read: () => number): void =>
    metrics.gauge({ name: `carillon_engine_${name}`, help }, read);
  gauge('claiming', '1 while the engine claims slots, else 0.', () => (status().state === 'claiming' ? 1 : 0));
  gauge('members', 'Engines that share the jobs, as this one sees them.', () => status().members.length);
  gauge('jobs', 'Jobs in the table of the engine, those of other engines too.', () => status().jobs);
  gauge('places', 'Calls that may be under way at once (ENGINE_CONCURRENCY).', () => places);
  gauge('calls_running', 'Calls under way.', () => status().running);
  gauge('claims_waiting', 'Claims whose call has not started.', () => status().waiting);
  gauge('jobs_waiting', 'Jobs that are due and wait for a place for their call.', () => status().waitingForPlace);
  gauge('jobs_parked', 'Jobs left alone, because a slot of them would have been claimed twice.', engine.parkedJobs);
  metrics.gauge(
    {
      name: 'carillon_tls_certificates_expiring',
      help: "Certificates in applications' TLS settings that have expired, or do within 30 days.",
    },
    engine.expiringCertificates,
  );
  metrics.gauges(
    {
      name: 'carillon_engine_largest_share_ratio',
      help: 'Share of the places that the tenant, or the target, with the most calls holds.',
      labels: ['of'],
    },
    () => {
      const { ofTenants, largestTarget } = shares();
      const largestTenant = Math.max(0, ...[...ofTenants.values()].map(({ running }) => running));
      return [
        { labels: { of: 'tenant' }, value: largestTenant / places },
        { labels: { of: 'target' }, value: largestTarget / places },
      ];
    },
  );
  if (tenants.length > 0) showTenants({ engine, metrics, tenants });
};

const showTenants = ({ engine, metrics, tenants }: Omit<EngineMetrics, 'places'>): void => {
  const labelOf = tenantLabels(tenants);
  const sumOf = (what: 'running' | 'waiting') => () => {
    const sums = new Map([...tenants, 'other'].map((tenant) => [tenant, 0]));
    for (const [tenant, share] of engine.shares().ofTenants) {
      const label = labelOf(tenant);
      sums.set(label, (sums.get(label) ?? 0) + share[what]);
    }
    return [...sums].map(([tenant, value]) => ({ labels: { tenant }, value }));
  };
  metrics.gauges(
    { name: 'carillon_tenant_calls_running', help: 'Calls under way, by tenant.', labels: ['tenant'] },
    sumOf('running'),
  );
  metrics.gauges(
    { name: 'carillon_tenant_jobs_waiting', help: 'Jobs that wait for a place, by tenant.', labels: ['tenant'] },
    sumOf('waiting'),
  );
};
