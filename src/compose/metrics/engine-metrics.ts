import { durationMs } from '../../domain/duration.ts';
import type { JobDefinition } from '../../domain/events/index.ts';
import { jobSlots, scheduleKey, scheduleOf } from '../../domain/schedule/index.ts';
import type { Engine } from '../../engine/engine.ts';
import type { RunTask } from '../../engine/run/begin-call.ts';
import type { Metrics } from '../../telemetry/metrics.ts';
import type { TenantLabels } from './log-metrics.ts';

type EngineMetrics = {
  readonly engine: Engine;
  readonly metrics: Metrics;
  /** Places for calls, in all: `ENGINE_CONCURRENCY`. */
  readonly places: number;
  readonly tenants: TenantLabels;
};

/** Registers what an engine holds and does at the moment. */
export const showEngine = ({ engine, metrics, places, tenants }: EngineMetrics): void => {
  const { status, shares } = engine;
  metrics.gauge('carillon_engine_claiming', () => (status().state === 'claiming' ? 1 : 0));
  metrics.gauge('carillon_engine_members', () => status().members.length);
  metrics.gauge('carillon_engine_jobs', () => status().jobs);
  metrics.gauge('carillon_engine_call_capacity', () => places);
  metrics.gauge('carillon_engine_calls_running', () => status().running);
  metrics.gauge('carillon_engine_claims_waiting', () => status().waiting);
  metrics.gauge('carillon_engine_jobs_waiting', () => status().waitingForPlace);
  metrics.gauge('carillon_engine_jobs_parked', engine.parkedJobs);
  metrics.gauge('carillon_tls_certificates_expiring', engine.expiringCertificates);
  metrics.gauges('carillon_engine_largest_share_ratio', () => {
    const { ofTenants, largestTarget } = shares();
    const largestTenant = Math.max(0, ...[...ofTenants.values()].map(({ running }) => running));
    return [
      { labels: { of: 'tenant' }, value: largestTenant / places },
      { labels: { of: 'target' }, value: largestTarget / places },
    ];
  });
  const sumOf = (what: 'running' | 'waiting') => () => {
    const sums = new Map<string, number>();
    for (const [tenant, share] of shares().ofTenants) {
      const label = tenants.labelOf(tenant);
      sums.set(label, (sums.get(label) ?? 0) + share[what]);
    }
    return tenants.labels().map((tenant) => ({ labels: { tenant }, value: sums.get(tenant) ?? 0 }));
  };
  metrics.gauges('carillon_tenant_calls_running', sumOf('running'));
  metrics.gauges('carillon_tenant_jobs_waiting', sumOf('waiting'));
};

/** Upper bounds, seconds. A slot is late above 1 s, so that is a bound. */
export const LATENESS_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60, 600, 3_600] as const;
/** Upper bounds, seconds: up to the largest timeout that a job can have. */
export const CALL_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1_800] as const;

/**
 * Registers how late calls are sent and how long they take, and returns what measures them. Measuring costs 0.6 µs an
 * execution.
 */
export const measureCalls = (metrics: Metrics): ((runTask: RunTask) => RunTask) => {
  const observeLateness = metrics.histogram('carillon_slot_lateness_seconds', LATENESS_SECONDS);
  const observeDuration = metrics.histogram('carillon_call_duration_seconds', CALL_SECONDS);
  return (runTask) => (task) =>
    runTask(task).then((outcome) => {
      if (outcome === 'withheld' || outcome.startedAtMs === undefined) return outcome;
      const { startedAtMs, finishedAtMs } = outcome;
      observeDuration({ outcome: outcome.kind }, Math.max(0, finishedAtMs - startedAtMs) / 1_000);
      const { trigger, attempt, scheduledAt } = task.claim;
      if (trigger === 'schedule' && attempt === 1) {
        observeLateness({}, Math.max(0, startedAtMs - dueMsOf(task.definition, Date.parse(scheduledAt))) / 1_000);
      }
      return outcome;
    });
};

const dueMsOf = (definition: JobDefinition, slotMs: number): number => {
  const { jobId, jitter } = definition;
  if (jitter === undefined) return slotMs;
  return jobSlots({ schedule: scheduleOf(scheduleKey(definition)), jobId, jitterMs: durationMs(jitter) }).dueMs(slotMs);
};
