import type pg from 'pg';
import { EXECUTION_ERROR_CODES, PASSED_ON_CODES } from '../../domain/codes/execution-error-codes.ts';
import { durationMs } from '../../domain/duration.ts';
import type { DomainEvent, JobDefinition } from '../../domain/events/index.ts';
import { dueOfMs } from '../../domain/execution/lateness.ts';
import { type JobSlots, jobSlots, scheduleKey, scheduleOf } from '../../domain/schedule/index.ts';
import type { Engine } from '../../engine/engine.ts';
import type { ObserveCall } from '../../engine/run/send-task.ts';
import { AppendUnconfirmed, StreamDeleted, WrongExpectedRevision } from '../../event-store/errors.ts';
import type { Append, AppendResult, EventStore } from '../../event-store/port.ts';
import { everyProjection } from '../../projections/all.ts';
import type { ProjectionRunner } from '../../projections/runner.ts';
import type { Clock } from '../../runtime/runtime.ts';
import type { Metrics } from '../../telemetry/metrics.ts';
import type { Base } from '../shared.ts';
import { countRestarts, createLogEnd, type LogEnd, showProjections } from './reader-metrics.ts';

/** Upper bounds, seconds: a local disk responds in milliseconds, and the log gives up after 10 s. */
export const APPEND_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10] as const;

type AppendOutcome = AppendResult | Error;

/** Runs around the request of some appends. `outcomesOf` returns the outcomes of the first appends, of each if all were tried. */
type AroundAppends = <T>(
  appends: readonly Append[],
  request: () => Promise<T>,
  outcomesOf: (response: T) => readonly AppendOutcome[],
) => Promise<T>;

/** Returns the log that runs `around` for each request to append. */
const aroundAppends = (store: EventStore, around: AroundAppends): EventStore => {
  const { appendEach } = store;
  const asGiven = (outcomes: readonly AppendOutcome[]) => outcomes;
  return {
    ...store,
    append: (append) =>
      around(
        [append],
        () => store.append(append),
        (result) => [result],
      ),
    appendInOrder: (appends, made) => around(appends, () => store.appendInOrder(appends, made), asGiven),
    appendEach: appendEach && ((appends) => around(appends, () => appendEach(appends), asGiven)),
  };
};

/** Registers durations and failures of this process's appends, and returns the log that measures them. */
export const measureAppends = (
  store: EventStore,
  { metrics, clock }: { readonly metrics: Metrics; readonly clock: Clock },
): EventStore => {
  const observe = metrics.histogram('carillon_append_duration_seconds', APPEND_SECONDS);
  const countFailure = metrics.counter('carillon_append_failures_total');
  for (const reason of ['lost', 'unanswered', 'other']) countFailure({ reason }, 0);
  return aroundAppends(store, (_, request, outcomesOf) => {
    const sinceMs = clock.monotonic();
    const response = request();
    response.then(
      (made) => {
        observe({}, (clock.monotonic() - sinceMs) / 1_000);
        for (const each of outcomesOf(made)) if (each instanceof Error) countFailure({ reason: reasonOf(each) });
      },
      (error) => countFailure({ reason: reasonOf(error) }),
    );
    return response;
  });
};

const reasonOf = (error: unknown): 'lost' | 'unanswered' | 'other' => {
  if (error instanceof WrongExpectedRevision || error instanceof StreamDeleted) return 'lost';
  return error instanceof AppendUnconfirmed ? 'unanswered' : 'other';
};

/**
 * Registers how executions end, and returns the log that counts the ends that this process appends: those of its engine,
 * cancellations, and results reported by targets.
 */
export const countExecutions = (
  store: EventStore,
  { metrics, tenants }: { readonly metrics: Metrics; readonly tenants: TenantLabels },
): EventStore => {
  const count = metrics.counter('carillon_executions_total');
  const countRetry = metrics.counter('carillon_retries_total');
  const countTenant = metrics.counter('carillon_tenant_executions_total');
  count({ outcome: 'succeeded', code: '' }, 0);
  for (const code of ALARMING) count({ outcome: 'failed', code }, 0);

  const note = (event: DomainEvent): void => {
    if (event.type === 'ExecutionAttemptFailed') countRetry({ code: codeLabel(event.data.error.code) });
    const end = endOf(event);
    if (end === undefined) return;
    count(end);
    if ('tenant' in event.data) countTenant({ tenant: tenants.labelOf(event.data.tenant), outcome: end.outcome });
  };

  return aroundAppends(store, async (appends, request, outcomesOf) => {
    const response = await request();
    outcomesOf(response).forEach((outcome, index) => {
      if (!(outcome instanceof Error)) appends[index]?.events.forEach(note);
    });
    return response;
  });
};

/** Registered in advance: an alarm on the first one needs the value before it. */
const ALARMING = ['OUTCOME_UNKNOWN', 'OUTCOME_NOT_RECORDED', 'INTERNAL_ERROR', 'CALL_FAILED'] as const;

type End = { readonly outcome: 'succeeded' | 'failed' | 'cancelled'; readonly code: string };

/** How an event ends its execution; `undefined` for other events. */
const endOf = (event: DomainEvent): End | undefined => {
  if (event.type === 'ExecutionSucceeded') return { outcome: 'succeeded', code: '' };
  if (event.type === 'ExecutionFailed') return { outcome: 'failed', code: codeLabel(event.data.error.code) };
  if (event.type === 'ExecutionCancelled') return { outcome: 'cancelled', code: codeLabel(event.data.error.code) };
  return undefined;
};

const KNOWN: ReadonlySet<string> = new Set([...Object.keys(EXECUTION_ERROR_CODES), ...Object.keys(PASSED_ON_CODES)]);
const STATUS = /^HTTP_([1-5])\d\d$/;

/**
 * The label of a failed execution's code: statuses by hundred (`HTTP_5xx`), and unknown codes as `other`, so that there are
 * at most some fifty.
 */
export const codeLabel = (code: string): string => {
  if (KNOWN.has(code)) return code;
  const [, hundred] = STATUS.exec(code) ?? [];
  return hundred === undefined ? 'other' : `HTTP_${hundred}xx`;
};

/** Limits the number of series, independent of the number of tenants. */
const MAX_NAMED = 20;

/** The tenants named by this process's metrics: the first 20; others are counted as `other`. */
export type TenantLabels = {
  labelOf(tenant: string): string;
  /** The labels in use, and `other`. */
  labels(): readonly string[];
};

export const createTenantLabels = (): TenantLabels => {
  const named = new Set<string>();
  return {
    labelOf: (tenant) => {
      if (named.size < MAX_NAMED) named.add(tenant);
      return named.has(tenant) ? tenant : 'other';
    },
    labels: () => [...named, 'other'],
  };
};

export type ReaderMetrics = {
  readonly logEnd: LogEnd;
  /** Positions of this log count its events. */
  readonly countsEvents: boolean;
  /** Counts a reader's change of state. */
  readonly changed: (reader: { readonly name: string; readonly state: string }) => void;
  showProjections(projections: ProjectionRunner): void;
};

/** Returns the log that measures its appends and, in roles that end executions, counts these ends. */
export const measureLog = ({ roles, metrics, world, tenants }: Base, store: EventStore): EventStore => {
  const measured = measureAppends(store, { metrics, clock: world.clock });
  const endsSome = roles.includes('api') || roles.includes('engine');
  return endsSome ? countExecutions(measured, { metrics, tenants }) : measured;
};

/** Registers the readers of the log in this process. */
export const measureReaders = ({ roles, metrics, world, logKind }: Base, store: EventStore): ReaderMetrics => {
  const logEnd = createLogEnd({ store, world });
  const { countsEvents } = logKind;
  const { clock } = world;
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
};

/** Registers the current state of an engine. */
export const showEngine = ({ config, metrics, tenants }: Base, engine: Engine): void => {
  const places = config.engine.concurrency;
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

/** Registers lateness and duration of calls, and returns the function that measures them. */
export const measureCalls = (metrics: Metrics): ObserveCall => {
  const observeLateness = metrics.histogram('carillon_slot_lateness_seconds', LATENESS_SECONDS);
  const observeDuration = metrics.histogram('carillon_call_duration_seconds', CALL_SECONDS);
  return ({ claim, definition }, { kind, startedAtMs, finishedAtMs }) => {
    if (startedAtMs === undefined) return;
    observeDuration({ outcome: kind }, Math.max(0, finishedAtMs - startedAtMs) / 1_000);
    const { trigger, attempt } = claim;
    if (trigger === 'schedule' && attempt === 1) {
      observeLateness({}, Math.max(0, startedAtMs - dueOfMs(claim, jitteredSlots(definition))) / 1_000);
    }
  };
};

const jitteredSlots = (definition: JobDefinition): JobSlots | undefined => {
  const { jobId, jitter } = definition;
  if (jitter === undefined) return undefined;
  return jobSlots({ schedule: scheduleOf(scheduleKey(definition)), jobId, jitterMs: durationMs(jitter) });
};

type PoolUse = {
  /** Connections that run statements. */
  readonly busy: number;
  readonly idle: number;
  /** Statements that wait for a connection. */
  readonly waiting: number;
};

/** Registers a pool under this name. */
export type ShowPool = (pool: string, use: () => PoolUse) => void;

/** Registers the use of this process's pools of connections to Postgres. */
export const showPools = (metrics: Metrics): ShowPool => {
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
