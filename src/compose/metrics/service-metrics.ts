import type { RequestHandler } from 'express';
import type pg from 'pg';
import { durationMs } from '../../domain/duration.ts';
import type { JobDefinition } from '../../domain/events/index.ts';
import type { Outcome } from '../../domain/execution/outcome.ts';
import { jobSlots, scheduleKey, scheduleOf } from '../../domain/schedule/index.ts';
import type { Engine } from '../../engine/engine.ts';
import type { PlainCall } from '../../engine/run/begin-call.ts';
import type { EventStore } from '../../event-store/port.ts';
import { measureRequests } from '../../http/watch-requests.ts';
import { everyProjection } from '../../projections/all.ts';
import type { ProjectionRunner } from '../../projections/runner.ts';
import type { Metrics } from '../../telemetry/metrics.ts';
import type { ProcessStart } from '../start.ts';
import { countExecutions, createTenantLabels, measureAppends, type TenantLabels } from './log-metrics.ts';
import { countRestarts, createLogEnd, type LogEnd, showProjections } from './reader-metrics.ts';

/** Measures the parts of a service. Each part registers its metrics when it is created, so a role has only its own. */
export type ServiceMetrics = {
  readonly showPool: ShowPool;
  readonly measureRequest: RequestHandler;
  /** Returns the log that measures its appends and, in roles that end executions, counts these ends. */
  measureLog(store: EventStore): EventStore;
  /** Returns what measures the calls of this process's engine. */
  measureCalls(): ObserveCall;
  showEngine(engine: Engine): void;
  readersOf(store: EventStore): ReaderMetrics;
};

export type ReaderMetrics = {
  readonly logEnd: LogEnd;
  /** Positions of this log count its events. */
  readonly countsEvents: boolean;
  /** Counts a reader's change of state. */
  readonly changed: (reader: { readonly name: string; readonly state: string }) => void;
  showProjections(projections: ProjectionRunner): void;
};

export const createServiceMetrics = ({ config, logKind, roles, metrics, world }: ProcessStart): ServiceMetrics => {
  const { clock } = world;
  const tenants = createTenantLabels();
  return {
    showPool: showPools(metrics),
    measureRequest: measureRequests({ metrics, clock }),
    measureLog: (store) => {
      const measured = measureAppends(store, { metrics, clock });
      const endsSome = roles.includes('api') || roles.includes('engine');
      return endsSome ? countExecutions(measured, { metrics, tenants }) : measured;
    },
    measureCalls: () => measureCalls(metrics),
    showEngine: (engine) => showEngine({ engine, metrics, places: config.engine.concurrency, tenants }),
    readersOf: (store) => {
      const logEnd = createLogEnd({ store, world });
      const { countsEvents } = logKind;
      const readers = [
        ...(roles.includes('projections') ? everyProjection.map(({ name }) => name) : []),
        ...(roles.includes('publisher') ? ['publisher'] : []),
      ];
      const restarted = readers.length > 0 ? countRestarts(metrics, readers) : () => {};
      return {
        logEnd,
        countsEvents,
        changed: ({ name, state }) => {
          if (state === 'retrying') restarted(name);
        },
        showProjections: (projections) => showProjections({ projections, logEnd, countsEvents, metrics, clock }),
      };
    },
  };
};

type EngineMetrics = {
  readonly engine: Engine;
  readonly metrics: Metrics;
  /** Total call capacity: `ENGINE_CONCURRENCY`. */
  readonly places: number;
  readonly tenants: TenantLabels;
};

/** Registers the current state of an engine. */
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
  metrics.counted('carillon_engine_executions_alone_total', async () =>
    [...engine.executedAlone()].map(([reason, value]) => ({ labels: { reason }, value })),
  );
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

/** Called for each call that was made, with its outcome. */
export type ObserveCall = (call: Pick<PlainCall, 'claim' | 'definition'>, outcome: Outcome) => void;

/** Registers lateness and duration of calls, and returns the function that measures them. */
export const measureCalls = (metrics: Metrics): ObserveCall => {
  const observeLateness = metrics.histogram('carillon_slot_lateness_seconds', LATENESS_SECONDS);
  const observeDuration = metrics.histogram('carillon_call_duration_seconds', CALL_SECONDS);
  return ({ claim, definition }, { kind, startedAtMs, finishedAtMs }) => {
    if (startedAtMs === undefined) return;
    observeDuration({ outcome: kind }, Math.max(0, finishedAtMs - startedAtMs) / 1_000);
    const { trigger, attempt, scheduledAt } = claim;
    if (trigger === 'schedule' && attempt === 1) {
      observeLateness({}, Math.max(0, startedAtMs - dueMsOf(definition, Date.parse(scheduledAt))) / 1_000);
    }
  };
};

const dueMsOf = (definition: JobDefinition, slotMs: number): number => {
  const { jobId, jitter } = definition;
  if (jitter === undefined) return slotMs;
  return jobSlots({ schedule: scheduleOf(scheduleKey(definition)), jobId, jitterMs: durationMs(jitter) }).dueMs(slotMs);
};

type PoolUse = {
  /** Connections that run statements. */
  readonly busy: number;
  readonly idle: number;
  /** Statements that wait for a connection. */
  readonly waiting: number;
};

/** Registers a pool under this name. */
type ShowPool = (pool: string, use: () => PoolUse) => void;

/** Registers the use of this process's pools of connections to Postgres. */
const showPools = (metrics: Metrics): ShowPool => {
  const pools = new Map<string, () => PoolUse>();
  metrics.gauges('carillon_pool_connections', () =>
    [...pools].flatMap(([pool, use]) => {
      const { busy, idle } = use();
      return [
        { labels: { pool, state: 'busy' }, value: busy },
        { labels: { pool, state: 'idle' }, value: idle },
      ];
    }),
  );
  metrics.gauges('carillon_pool_waiting', () =>
    [...pools].map(([pool, use]) => ({ labels: { pool }, value: use().waiting })),
  );
  return (pool, use) => void pools.set(pool, use);
};

export const useOfPool = ({ totalCount, idleCount, waitingCount }: pg.Pool): PoolUse => ({
  busy: totalCount - idleCount,
  idle: idleCount,
  waiting: waitingCount,
});
