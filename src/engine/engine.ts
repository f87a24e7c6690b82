import { type CapacityShares, createFairCapacity, MAX_AHEAD } from '../runtime/fair-capacity.ts';
import { awaitWithTimeout } from '../runtime/timeout.ts';
import { createLogHeartbeat } from './cluster/heartbeats.ts';
import { createMembers } from './cluster/members.ts';
import { createWatchdog } from './cluster/watchdog.ts';
import type { EngineContext, EngineDeps, EngineSetup } from './context.ts';
import { createEngineState, type StateName } from './engine-state.ts';
import { createGate } from './gate.ts';
import { createIntake } from './intake.ts';
import { createNewestValues, createValueTable } from './jobs/application-values.ts';
import { createDefinitions } from './jobs/definitions.ts';
import { createJobTable } from './jobs/job-table.ts';
import { createParking, readParked } from './jobs/parking.ts';
import { createLogCheck } from './log-check.ts';
import { readWithRetry } from './read-with-retry.ts';
import { createAdmissionQueue } from './run/admission-queue.ts';
import { createClaimLoop } from './run/claim.ts';
import { createDispatch, createPlainCalls, type Left } from './run/dispatch.ts';
import { createExecutionLines } from './run/execution-telemetry.ts';
import { createLimits } from './run/limits.ts';
import { createLostExecutions } from './run/lost-executions.ts';
import { createOpenCalls } from './run/open-calls.ts';
import { readStarts } from './run/recent-starts.ts';
import { createOutcomeRecorder } from './run/record-outcomes.ts';
import { createStartGuard } from './start-guard.ts';

export type EngineStatus = {
  readonly engineId: string;
  /** `standby`: claims nothing; other engines do, or it waits for a release. `stalled`: gets nothing done, others take its jobs. */
  readonly state: StateName;
  readonly why?: string;
  /** Since when it stands by, stands still or has failed, epoch ms. */
  readonly sinceMs?: number;
  readonly jobs: number;
  /** Claims whose call has not started. */
  readonly waiting: number;
  /** Jobs that are due and wait because their tenant or target holds its share of the places for calls. */
  readonly waitingForPlace: number;
  readonly running: number;
  readonly members: readonly string[];
};

export type Engine = {
  /**
   * Loads the schedule, reads on to the log's end, and claims. Resolves when the engine claims, waits for a release or
   * has failed.
   */
  start(): Promise<void>;
  status(): EngineStatus;
  /** How the places for calls are shared out. */
  shares(): CapacityShares;
  /** How many certificates in TLS settings of applications have expired, or do within 30 days. */
  expiringCertificates(): number;
  /** How many jobs this engine leaves alone, because it would have claimed a slot of them twice. */
  parkedJobs(): number;
  /** How many executions were called by themselves and not with others, by the reason. */
  executedAlone(): ReadonlyMap<Left, number>;
  /**
   * Hands its jobs to the other engines, claiming until they have them, and waits for its calls. Calls still in progress
   * after `drainMs` are aborted. Every outcome is recorded.
   */
  stop(drainMs: number): Promise<void>;
};

/** Time for recording outcomes after calls were aborted. */
const FLUSH_MS = 2_000;
/** Time for other engines to take the jobs of an engine that stops. */
const HANDOVER_MS = 5_000;

/** Creates an engine, and leads its parts through its life. */
export const createEngine = (deps: EngineDeps): Engine => {
  const { time, closures, world: local } = deps;
  const { context, stopping, appendBeat } = createContext(deps);
  const { engineId, gate, watchdog, guard, state, members, logCheck, table, values, calls, parking } = context;
  const places = createFairCapacity({
    count: deps.concurrency,
    countPerTarget: deps.targetConcurrency,
    maxAhead: MAX_AHEAD,
    clock: time,
  });
  // From a due job to its recorded outcome.
  const turns = createAdmissionQueue(context, places);
  const record = createOutcomeRecorder(context, {
    running: () => dispatch.running(),
    waiting: () => dispatch.waiting(),
    isPlaceAwaited: () => turns.waiting() > 0 || dispatch.isPlaceAwaited(),
  });
  const plainCalls = createPlainCalls(context, record, (held) => dispatch.ended(held));
  const dispatch = createDispatch(context, places, plainCalls);
  const loop = createClaimLoop(context, turns, dispatch);

  /** From now on others leave this engine its jobs. It has to see first what they appended before that. */
  const beginWork = async (): Promise<void> => {
    if (!state.isStarting()) return;
    await members.work();
    await Promise.race([gate.shut(), state.failed]);
    if (!state.isStarting()) return;
    logCheck.start(state.fail);
    state.beginClaiming();
    local.log.info({ engineId, jobs: table.size() }, 'scheduler: the engine is claiming slots');
    loop.wake();
  };

  /** Loads what the engine keeps in memory. */
  const load = async () => {
    const loaded = await deps.loadSchedule(table.loader());
    loaded.applications?.forEach(values.load);
    if (loaded.closures !== undefined) closures.load(loaded.closures);
    // Without its dates a calendar that is included closes a job for good.
    table.armAll(({ rules, applicationId }) => rules.calendar !== undefined || values.of(applicationId).deleted);
    return loaded;
  };

  return {
    start: async () => {
      dispatch.start(loop.wake);
      const changed = (): void => {
        table.armAll();
        gate.shut().then(loop.wake, state.fail);
      };
      await members.start({ changed, beating: createLostExecutions(context) });
      const { position, lastEvent, parked = [] } = await load();
      logCheck.loaded(lastEvent);
      try {
        await readWithRetry(local, logCheck.check);
      } catch (error) {
        return state.fail(error);
      }
      await readParked(context, parked);
      await readStarts(context);
      gate.follow(position);
      void createIntake(context)(position, loop.wake).catch(state.fail);
      watchdog.start(gate.reached, appendBeat);
      await Promise.race([gate.shut(), state.failed]);
      if (!state.isStarting()) return;
      const waits = Promise.withResolvers<void>();
      const begun = guard.pass(waits.resolve).then(beginWork).catch(state.fail);
      await Promise.race([begun, waits.promise, state.failed]);
    },
    status: () => ({
      engineId,
      ...state.describe(),
      jobs: table.size(),
      waiting: dispatch.waiting(),
      waitingForPlace: turns.waiting(),
      running: dispatch.running(),
      members: members.sharing(),
    }),
    shares: places.shares,
    expiringCertificates: () => values.expiringCertificates(time.now()),
    parkedJobs: parking.jobs,
    executedAlone: plainCalls.left,
    stop: async (drainMs) => {
      const endMs = local.clock.monotonic() + drainMs + FLUSH_MS;
      const cancelAbort = local.timers.after(drainMs, calls.abortAll);
      await state.handOver(Math.min(drainMs, HANDOVER_MS));
      const limitMs = Math.max(0, endMs - local.clock.monotonic());
      await awaitWithTimeout(local.timers, limitMs, loop.stop().then(dispatch.idle));
      cancelAbort();
      stopping.abort();
      await members.leave();
      state.finishStop();
    },
  };
};

/**
 * Creates what an engine claims and calls with, and what brings it events and keeps it from claiming: each from those
 * above it. What a part reports to one above it goes to a listener that it is given when the engine starts.
 */
const createContext = (deps: EngineDeps) => {
  const { time, world: local } = deps;
  const stopping = new AbortController();
  const engine = { ...deps, engineId: local.random.uuid(), stopping: stopping.signal };
  const watchdog = createWatchdog(engine);
  const setup: EngineSetup = { ...engine, store: watchdog.store };
  const appendBeat = createLogHeartbeat(setup);
  const logCheck = createLogCheck(setup);
  const gate = createGate(setup);
  const members = createMembers(setup, { gate, watchdog }, appendBeat);
  const guard = createStartGuard(setup);
  const state = createEngineState(setup, { members, watchdog, gate, guard });
  const calls = createOpenCalls();
  const parking = createParking();
  const values = createValueTable();
  const limits = createLimits(setup, { values, state, calls });
  const table = createJobTable(setup, { members, limits, parking, state, values, calls });
  const context: EngineContext = {
    ...setup,
    world: { ...local, clock: time },
    gate,
    watchdog,
    guard,
    members,
    state,
    logCheck,
    table,
    values,
    definitions: createDefinitions(setup, parking),
    parking,
    limits,
    calls,
    newestValues: createNewestValues(setup, { values, calls }),
    lines: createExecutionLines(setup),
  };
  return { context, stopping, appendBeat };
};
