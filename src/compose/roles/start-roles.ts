import type { AlertContext } from '../../alerts/ports.ts';
import { createAlerter } from '../../alerts/watch-rules.ts';
import { createCommands } from '../../commands/index.ts';
import { recentJobClosuresOf } from '../../commands/job-closures.ts';
import { createLeases } from '../../db/membership.ts';
import { createTimeKeeper } from '../../engine/cluster/common-time.ts';
import { createEngine, type Engine } from '../../engine/engine.ts';
import { createClosureTable } from '../../engine/jobs/closures.ts';
import type { LoadSchedule } from '../../engine/ports.ts';
import { createOfferWork } from '../../engine/run/offer-work.ts';
import { createTaskRunner, type ObserveCall } from '../../engine/run/send-task.ts';
import { PREFIX } from '../../http/route.ts';
import { createHookCaller } from '../../operations/call-hooks.ts';
import type { OperationContext } from '../../operations/context.ts';
import { createEraser } from '../../operations/erase-tenant.ts';
import { createRetention, type RetentionWork } from '../../operations/retention.ts';
import { createOperationRunner, type Operations } from '../../operations/run-operation.ts';
import { everyProjection } from '../../projections/all.ts';
import { areApplied, requestFlush } from '../../projections/checkpoints.ts';
import { loadSchedule, ScheduleMissing } from '../../projections/load-schedule.ts';
import { listParked } from '../../projections/parked.ts';
import { type ProjectionRunner, startProjections } from '../../projections/runner.ts';
import { leavesToKeep } from '../../proofs/kept-leaves.ts';
import type { Publisher } from '../../publisher/publisher.ts';
import type { WorkRunner } from '../../runtime/leased-work.ts';
import { pollUntilFound } from '../../runtime/poll.ts';
import type { Notices } from '../../telemetry/notices.ts';
import { type AlertSender, canNotifyFrom } from '../alerts.ts';
import { engineCore } from '../core.ts';
import { type EngineProcesses, startEngineProcesses } from '../engine-processes.ts';
import { eventsBehind } from '../metrics/reader-metrics.ts';
import { measureCalls, showEngine } from '../metrics/service-metrics.ts';
import type { Shared } from '../shared.ts';
import { createHookCall } from '../single-calls.ts';

/** Starts the projections of this process, if it has that role. */
export const startProjectionsRole = (shared: Shared): ProjectionRunner | undefined => {
  const { roles, store, logId, databaseUrl, world, readers, onStop } = shared;
  if (!roles.includes('projections')) return undefined;
  const projections = startProjections({
    store,
    logId,
    databaseUrl,
    world,
    projections: everyProjection,
    onStatus: readers.changed,
  });
  onStop(() => projections.stop());
  readers.showProjections(projections);
  return projections;
};

/** With more claims waiting for their call, the engine is overloaded, and the publisher yields to it. */
const BUSY_ENGINE_CALLS = 1_000;

/** Starts the publisher of this process, if it has that role and Kafka is set. */
export const startPublisher = async (shared: Shared, engine: Engine | undefined): Promise<Publisher | undefined> => {
  const { config, roles, store, logId, world, readers, onStop } = shared;
  if (!roles.includes('publisher') || config.kafka === undefined) return undefined;
  const { createPublisher } = await import('../../publisher/publisher.ts');
  const publisher = createPublisher({
    store,
    logId,
    world,
    config: config.kafka,
    hasUrgentWork: () => (engine?.status().waiting ?? 0) > BUSY_ENGINE_CALLS,
    onStatus: ({ state }) => readers.changed({ name: 'publisher', state }),
  });
  showPublisher(shared, publisher);
  publisher.start();
  onStop(() => publisher.stop());
  return publisher;
};

const showPublisher = ({ metrics, readers }: Shared, publisher: Publisher): void => {
  const { logEnd, countsEvents } = readers;
  metrics.gauge('carillon_publisher_lag_seconds', () => (publisher.status().lagMs ?? Number.NaN) / 1_000);
  metrics.gauge('carillon_publisher_publishing', () => (publisher.status().state === 'publishing' ? 1 : 0));
  metrics.counted('carillon_published_events_total', async () => [
    { labels: {}, value: publisher.status().publishedEvents },
  ]);
  if (!countsEvents) return;
  metrics.gauge('carillon_publisher_lag_events', async () => {
    const { position } = publisher.status();
    const end = await logEnd();
    return position === undefined ? Number.NaN : eventsBehind(position, end);
  });
};

/** Time limit for running calls during a stop. A whole stop can take 29 s: see cli/start.ts. */
const DRAIN_MS = 25_000;
/** Maximum memory for cached job definitions: some 60,000. */
const DEFINITION_BYTES = 128 * 1_024 * 1_024;

/** Claims, or outcomes, to decide without yielding: some milliseconds of work. */
const TURN_SIZE = 500;

/** Builds the engine of this process, if it has that role. */
export const createEngineRole = (shared: Shared): Engine | undefined => {
  const { config, roles, core, logId, membership, beats, caller, names, publicUrl, notices, metrics, tracing } = shared;
  if (!roles.includes('engine')) return undefined;
  const tasks = createTaskRunner({
    ...core,
    caller,
    names,
    maxTimeoutMs: config.targets.maxTimeoutMs,
    completionUrlOf: ({ jobId, executionId }) =>
      `${publicUrl}${PREFIX}/executions/${executionId}/complete?job=${jobId}`,
    observers: [noticeBlocked(notices), measureCalls(metrics)],
  });
  return createEngine({
    ...config.engine,
    ...engineCore(core),
    logId,
    membership,
    zoneData: process.versions.tz ?? '',
    // An embedded Postgres is used by only one process at a time, and the engines that it starts.
    alone: config.databaseUrl === undefined && shared.otherEngines === undefined,
    loadSchedule: scheduleLoader(shared),
    turnSize: TURN_SIZE,
    definitionBytes: DEFINITION_BYTES,
    closures: createClosureTable(),
    lastBeats: beats.lastBeats,
    offerWork: createOfferWork({ ...core, names }),
    tasks: tracing.traceCalls(tasks),
  });
};

/** Starts the further engines of this process, if configured. */
export const startOtherEngines = (shared: Shared): EngineProcesses | undefined => {
  const { roles, otherEngines: others, databaseUrl, publicUrl, metrics, world } = shared;
  if (!roles.includes('engine')) return undefined;
  const count = metrics.counter('carillon_engine_processes_unanswered_total');
  const given = { databaseUrl, publicUrl };
  return others && startEngineProcesses({ others, given, metrics, world, onNoResponse: () => count({}) });
};

/** Stops the engines with the process, and keeps a process without an engine on the common time. */
export const keepTime = async (
  shared: Shared,
  engine: Engine | undefined,
  others: EngineProcesses | undefined,
): Promise<void> => {
  const { membership, onStop, world } = shared;
  if (engine === undefined) {
    const keeper = createTimeKeeper(world, world.clock, membership.serverTime);
    onStop(async () => keeper.stop());
    await keeper.start();
  } else {
    // Simultaneously: together they must not take longer than one.
    onStop(async () => void (await Promise.all([engine.stop(DRAIN_MS), others?.stop()])));
    showEngine(shared, engine);
  }
};

const POLL_AGAIN_MS = 100;

/** Loads the schedule; waits until a process with the role `projections` has created its tables. */
const scheduleLoader =
  ({ databaseUrl, pool, logId, world: { timers, log } }: Shared): LoadSchedule =>
  async (take) => {
    for (let waits = 0; ; waits++) {
      try {
        const loaded = await loadSchedule({ databaseUrl, timers }, take);
        // Read after the schedule, so that the list contains every job that the schedule omits as parked.
        return { ...loaded, parked: await listParked(pool, logId) };
      } catch (error) {
        if (!(error instanceof ScheduleMissing)) throw error;
        if (waits === 50)
          log.warn({}, 'The schedule is not available yet. Check that a process with the role projections is running.');
        await timers.sleep(POLL_AGAIN_MS);
      }
    }
  };

/** Creates the function that reports calls blocked by the target policy. */
const noticeBlocked =
  (notices: Notices): ObserveCall =>
  ({ claim, definition }, outcome) => {
    if (outcome.kind !== 'failed' || outcome.error.code !== 'TARGET_BLOCKED') return;
    const { executionId, jobId } = claim;
    const { tenant, updatedBy } = definition;
    notices.rejected({ code: 'TARGET_BLOCKED', actor: updatedBy, tenant, jobId, executionId });
  };

/** How long to wait for the read models per try. */
const CATCH_UP_MS = 10_000;
const POLL_INTERVAL_MS = 100;

/**
 * Starts work that one process does for all, in processes with the API or an engine: bulk operations, erasures of tenants,
 * retention, alert rules, and hook calls.
 */
export const startBackground = (shared: Shared, sender: AlertSender): void => {
  const { roles, core, logId, queries, databaseUrl, metrics, world, onStop } = shared;
  if (!roles.includes('api') && !roles.includes('engine')) return;
  const leases = createLeases({ databaseUrl, timers: world.timers });
  onStop(() => leases.close());
  const start = (runner: WorkRunner): void => {
    onStop(() => runner.stop());
    runner.start();
  };
  const context = { ...core, queries, leases, caughtUp: () => shared.caughtUp(CATCH_UP_MS) };
  const mayNotify = canNotifyFrom(shared);

  start(createOperationRunner(operationsOf(shared, context)));
  start(createEraser({ ...context, commands: core.everyTenants }));
  start(createRetention(retentionOf(shared, context)));
  const countNotification = metrics.counter('carillon_alert_notifications_total');
  const attempted: AlertContext['attempted'] = (receiver, outcome) => countNotification({ receiver, outcome });
  const alerter = createAlerter({ ...context, logId, send: sender.send, attempted, mayNotify });
  metrics.gauge('carillon_alerts_firing', () => alerter.status().firing);
  start(alerter);
  const countHook = metrics.counter('carillon_hook_calls_total');
  start(
    createHookCaller({
      ...context,
      mayCall: mayNotify,
      call: createHookCall(shared),
      attempted: (hook, status) => countHook({ hook, outcome: status === 'pending' ? 'failed' : status }),
    }),
  );
};

/** Dependencies of bulk operations: blackouts are looked up once a second, not once per job. */
const operationsOf = ({ core, queries, quotas }: Shared, context: OperationContext): Operations => ({
  ...context,
  commands: createCommands({ ...core, jobClosures: recentJobClosuresOf({ ...core, queries }) }),
  countTrigger: quotas.countTrigger,
  tracer: core.tracer,
});

const retentionOf = ({ config, store, pool, world }: Shared, context: OperationContext): RetentionWork => ({
  ...context,
  longestMs: config.executionRetentionMs,
  leavesToKeep: (beforeMs, signal) => leavesToKeep({ log: store, beforeMs, signal }),
  takenInBy: async (position) => {
    await requestFlush(pool);
    const isThere = async () => (await areApplied(pool, everyProjection, position)) || undefined;
    return (await pollUntilFound(world, { limitMs: CATCH_UP_MS, everyMs: POLL_INTERVAL_MS }, isThere)) ?? false;
  },
});
