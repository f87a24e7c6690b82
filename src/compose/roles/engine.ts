import type { Outcome } from '../../domain/execution/outcome.ts';
import { createTimeKeeper } from '../../engine/cluster/common-time.ts';
import { createEngine, type Engine } from '../../engine/engine.ts';
import { createClosureTable } from '../../engine/jobs/closures.ts';
import type { LoadSchedule } from '../../engine/ports.ts';
import type { PlainCall, TaskRunner } from '../../engine/run/begin-call.ts';
import { createOfferWork } from '../../engine/run/offer-work.ts';
import { createTaskRunner } from '../../engine/run/send-task.ts';
import { PREFIX } from '../../http/prefix.ts';
import { loadSchedule, ScheduleMissing } from '../../projections/load-schedule.ts';
import { listParked } from '../../projections/parked.ts';
import type { Notices } from '../../telemetry/notices.ts';
import { engineCore } from '../core.ts';
import { type EngineProcesses, startEngineProcesses } from '../engine-processes.ts';
import type { ObserveCall } from '../metrics/service-metrics.ts';
import type { Shared } from '../shared.ts';

/** Time limit for running calls during a stop. A whole stop can take 29 s: see cli/start.ts. */
const DRAIN_MS = 25_000;
/** Maximum memory for cached job definitions: some 60,000. */
const DEFINITION_BYTES = 128 * 1_024 * 1_024;

/** Claims, or outcomes, to decide without yielding: some milliseconds of work. */
const TURN_SIZE = 500;

/** Builds the engine of this process, if it has that role. */
export const createEngineRole = (shared: Shared): Engine | undefined => {
  const { config, roles, core, logId, membership, beats, caller, names, publicUrl, notices, measures, tracing } =
    shared;
  if (!roles.includes('engine')) return undefined;
  const tasks = createTaskRunner({
    ...core,
    caller,
    names,
    maxTimeoutMs: config.targets.maxTimeoutMs,
    completionUrlOf: ({ jobId, executionId }) =>
      `${publicUrl}${PREFIX}/executions/${executionId}/complete?job=${jobId}`,
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
    tasks: tracing.traceCalls(observed(tasks, [noticeBlocked(notices), measures.measureCalls()])),
  });
};

/** Starts the further engines of this process, if configured. */
export const startOtherEngines = (shared: Shared): EngineProcesses | undefined => {
  const { roles, otherEngines: others, databaseUrl, publicUrl, metrics, world } = shared;
  if (!roles.includes('engine')) return undefined;
  const count = metrics.counter('carillon_engine_processes_unanswered_total');
  const given = { databaseUrl, publicUrl };
  return others && startEngineProcesses({ others, given, metrics, world, unanswered: () => count({}) });
};

/** Stops the engines with the process, and keeps a process without an engine on the common time. */
export const keepTime = async (
  shared: Shared,
  engine: Engine | undefined,
  others: EngineProcesses | undefined,
): Promise<void> => {
  const { membership, measures, onStop, world } = shared;
  if (engine === undefined) {
    const keeper = createTimeKeeper({ serverTime: membership.serverTime, time: world.clock, world });
    onStop(async () => keeper.stop());
    await keeper.start();
  } else {
    // Simultaneously: together they must not take longer than one.
    onStop(async () => void (await Promise.all([engine.stop(DRAIN_MS), others?.stop()])));
    measures.showEngine(engine);
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

/** Notifies observers of each call with its outcome. */
const observed = ({ run, prepare }: TaskRunner, observers: readonly ObserveCall[]): TaskRunner => {
  const observe = (call: PlainCall, outcome: Outcome | 'withheld'): void => {
    if (outcome !== 'withheld') for (const each of observers) each(call, outcome);
  };
  return {
    run: async (call) => {
      const outcome = await run(call);
      observe(call, outcome);
      return outcome;
    },
    prepare: (call, ended) =>
      prepare(call, (outcome) => {
        observe(call, outcome);
        ended(outcome);
      }),
  };
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
