import type { Commands } from '../commands/index.ts';
import type { EventLog } from '../commands/loop/handle-command.ts';
import type { Ids } from '../commands/loop/ids.ts';
import type { LogHome } from '../domain/events/index.ts';
import { dueOfNextMs, mayCallNext } from '../domain/execution/decide.ts';
import type { StartMode } from '../domain/home.ts';
import { awaitWithin } from '../runtime/within.ts';
import type { Tracer } from '../telemetry/tracer.ts';
import { createLogBeats } from './cluster/beats.ts';
import type { CommonTime } from './cluster/common-time.ts';
import { createMembers } from './cluster/members.ts';
import { createWatchdog } from './cluster/watchdog.ts';
import { createEngineState, type StateName } from './engine-state.ts';
import { createGate } from './gate.ts';
import { createIntake } from './intake.ts';
import { createNewestValues, createValueTable } from './jobs/application-values.ts';
import type { ClosureTable } from './jobs/closures.ts';
import { createDefinitions } from './jobs/definitions.ts';
import { type EngineJob, slotsOfJob } from './jobs/engine-job.ts';
import { createJobTable, type JobTable } from './jobs/job-table.ts';
import { createParking, readParked } from './jobs/parking.ts';
import { createLogCheck } from './log-check.ts';
import type { LoadSchedule, Membership } from './ports.ts';
import { readSurely } from './read-surely.ts';
import type { RunsDeps } from './run/append-runs.ts';
import type { Claim, HeldClaim } from './run/claim.ts';
import { createClaimLoop } from './run/claim-loop.ts';
import { createDispatch } from './run/dispatch.ts';
import { type ExecuteDeps, execute, type RunTask } from './run/execute.ts';
import { createLimits } from './run/limits.ts';
import { createOpenCalls } from './run/open-calls.ts';
import { createPlaces, type PlaceShares } from './run/places.ts';
import { readStarts } from './run/read-starts.ts';
import { createReaper } from './run/reaper.ts';
import { targetKey } from './run/target-key.ts';
import { createTurnQueue } from './run/turns.ts';
import { createStartGuard } from './start-guard.ts';

export type EngineDeps = EventLog & {
  readonly time: CommonTime;
  readonly membership: Membership;
  /** The version of this process's time zone data. */
  readonly zoneData: string;
  /** No other engine can reach this database, so any other engine is dead. */
  readonly alone: boolean;
  readonly loadSchedule: LoadSchedule;
  /** The log's identity, as `ensureLogIdentity` returns it. */
  readonly logId: string;
  readonly executionIds: Ids;
  readonly commands: Pick<Commands, 'disableJob' | 'deleteJob' | 'startEngine'>;
  /** Kept by the engine, as its subscription brings them. */
  readonly closures: ClosureTable;
  /** Where the log lives, and whether this engine waits for a release in any case. */
  readonly home: LogHome;
  readonly startMode: StartMode;
  readonly runTask: RunTask;
  readonly tracer: Tracer;
  /** Limits on calls at the same time: in all, and to one target. */
  readonly concurrency: number;
  readonly targetConcurrency: number;
  /** Limit on the memory for definitions. */
  readonly definitionBytes: number;
};

export type EngineStatus = {
  readonly engineId: string;
  /** `standing by`: claims nothing; other engines do, or it waits for a release. `standing still`: gets nothing done, others take its jobs. */
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
  shares(): PlaceShares;
  /** How many certificates in TLS settings of applications have expired, or do within 30 days. */
  expiringCertificates(): number;
  /** How many jobs this engine leaves alone, because it would have claimed a slot of them twice. */
  parkedJobs(): number;
  /**
   * Hands its jobs to the other engines, claiming until they have them, and waits for its calls. Calls still under way
   * after `drainMs` are aborted. Every outcome is recorded.
   */
  stop(drainMs: number): Promise<void>;
};

/** How long before it is due a slot is claimed, so that the commit of the claim does not delay the call. */
const AHEAD_MS = 200;
/** Time for recording outcomes after calls were aborted. */
const FLUSH_MS = 2_000;
/** Time for other engines to take the jobs of an engine that stops. */
const HANDOVER_MS = 5_000;

/** When a claimed slot is due. Other executions are due at once, whichever clock their request went by. */
const dueMsOf = (table: JobTable, { jobId, trigger, scheduledAt }: Claim): number | undefined => {
  if (trigger !== 'schedule') return undefined;
  const slotMs = Date.parse(scheduledAt);
  const job = table.get(jobId);
  return (job && slotsOfJob(job)?.dueMs(slotMs)) ?? slotMs;
};

/**
 * Builds the engine from its parts, each from those above it. What a part reports to one below it (a change of owners, a
 * ticket that came back) goes to a listener that it is given at its start.
 */
export const createEngine = (deps: EngineDeps): Engine => {
  const { time, closures } = deps;
  const local = deps.world;
  /** For what goes by the common time: when slots are due, and the times in events. */
  const world = { ...local, clock: time };
  const engineId = local.random.uuid();

  // The way to the log, and what guards it.
  const watchdog = createWatchdog({ store: deps.store, world: local });
  const { store } = watchdog;
  const logBeats = createLogBeats({ store, engineId, world: local });
  const logCheck = createLogCheck({ store, logId: deps.logId, world: local });
  /** Shut at the start and after each change of owners, until the log's end of that moment is passed. */
  const gate = createGate({ store, world: local });

  /** Whether the subscription has begun, after what it goes on from was loaded. */
  let isFollowing = false;

  // The other engines.
  const members = createMembers({
    engineId,
    zoneData: deps.zoneData,
    alone: deps.alone,
    membership: deps.membership,
    logBeats,
    time,
    world: local,
    takenPosition: () => (isFollowing ? gate.reached() : undefined),
    standsStill: () => watchdog.standstill() !== undefined,
  });
  const guard = createStartGuard({
    engineId,
    mode: deps.startMode,
    home: deps.home,
    commands: deps.commands,
    time,
    world: local,
  });
  const state = createEngineState({ engineId, members, watchdog, gate, guard, time, world: local });

  // What the engine keeps in memory.
  const calls = createOpenCalls();
  const parking = createParking();
  const values = createValueTable();
  const limits = createLimits({
    engineId,
    limitOf: values.limitOf,
    ageMs: (recordedAt) => (state.isStarting() ? Math.max(0, time.now() - recordedAt) : 0),
    clock: local.clock,
    timers: local.timers,
  });
  const table = createJobTable({
    clock: time,
    owns: members.owns,
    aheadMs: AHEAD_MS,
    limits,
    closures,
    isDeleted: values.isDeleted,
    runsKnown: calls.abortNoLongerWanted,
  });
  const definitions = createDefinitions({ store, limitBytes: deps.definitionBytes, parked: parking.park });
  const newestValues = createNewestValues({ store, table: values, world: local, signal: calls.signal });
  const intake = createIntake({ store, table, values, definitions, closures, parking, members, logCheck, guard, gate });

  // From a due job to its recorded outcome.
  const runsDeps: RunsDeps = {
    store,
    lanes: deps.lanes,
    world,
    engineId,
    table,
    closures,
    checkLog: logCheck.check,
  };
  const reaper = createReaper({
    ...runsDeps,
    endsFor: members.endsFor,
    deadAmong: members.deadAmong,
    isClaiming: state.isClaiming,
  });
  const places = createPlaces({
    count: deps.concurrency,
    countPerTarget: deps.targetConcurrency,
    clock: local.clock,
  });
  const lookAt = (job: EngineJob) => {
    const nowMs = time.now();
    const { rules, status } = job;
    return { rules, status, slots: slotsOfJob(job), isPaused: closures.isPaused(job, nowMs), nowMs };
  };
  const turns = createTurnQueue({
    places,
    limits,
    flowOf: ({ jobId, tenant }) => {
      const known = definitions.get(jobId);
      return places.flowOf(tenant, known === undefined ? '' : targetKey(known.definition));
    },
    isDue: (job) => !parking.holds(job) && table.isDue(job, time.now()),
    mayCall: (job) => job.runs.jobRevision === job.jobRevision && mayCallNext(job.runs, lookAt(job)),
    dueMsOf: (job) => dueOfNextMs(job.runs, lookAt(job)),
    table,
  });
  const executeDeps: ExecuteDeps = {
    ...runsDeps,
    definitions,
    parking,
    runTask: deps.runTask,
    newestValues,
    signingKeysOf: values.signingKeysOf,
    tlsOf: values.tlsOf,
    leaseHeldSince: members.leaseHeldSince,
    calls,
    limits,
  };
  const untilTurn = async (held: HeldClaim): Promise<void> => {
    await limits.untilTurn(held.claim, calls.signal);
    held.turnMs = time.now();
  };
  const dispatch = createDispatch<HeldClaim>({
    world,
    places,
    untilTurn: (held) => (table.get(held.claim.jobId)?.rules.limit === undefined ? undefined : untilTurn(held)),
    run: (held) => execute(executeDeps, held),
  });
  const loop = createClaimLoop({
    claimDeps: {
      ...runsDeps,
      definitions,
      parking,
      executionIds: deps.executionIds,
      commands: deps.commands,
      isDeleted: values.isDeleted,
      tracer: deps.tracer,
      aheadMs: AHEAD_MS,
      claimingSinceMs: (job) => Math.max(state.claimingSinceMs(), members.ownsSinceMs(job)),
      claimed: (held, ticket) => dispatch.add(held, ticket, dueMsOf(table, held.claim) ?? time.now()),
      settled: limits.settled,
      giveBack: dispatch.giveBack,
    },
    turns,
    isClaiming: state.isClaiming,
    failed: state.fail,
  });

  const ownersChanged = (): void => {
    table.armAll();
    gate.shut().then(loop.wake, state.fail);
  };
  const placeFreed = (): void => {
    turns.placeFreed();
    loop.wake();
  };

  /** From now on others leave this engine its jobs. It has to see first what they appended before that. */
  const beginWork = async (): Promise<void> => {
    if (!state.isStarting()) return;
    await members.work();
    await Promise.race([gate.shut(), state.failed]);
    if (!state.isStarting()) return;
    logCheck.start(state.fail);
    state.beginClaiming();
    local.log.info({ engineId, jobs: table.size() }, 'scheduler: the engine is claiming');
    loop.wake();
  };

  return {
    start: async () => {
      dispatch.start(placeFreed);
      await members.start({ changed: ownersChanged, beating: reaper.look });
      const loaded = await deps.loadSchedule((page) => page.forEach(table.load));
      loaded.applications?.forEach(values.load);
      if (loaded.closures !== undefined) closures.load(loaded.closures);
      // Without its dates a calendar that is included closes a job for good.
      table.armAll(({ rules, applicationId }) => rules.calendar !== undefined || values.isDeleted(applicationId));
      logCheck.loaded(loaded.lastEvent);
      try {
        await readSurely(local, logCheck.check);
      } catch (error) {
        return state.fail(error);
      }
      await readParked({ store, world, table, values, parking }, loaded.parked ?? []);
      await readStarts({ store, world, limits });
      const { position } = loaded;
      if (position !== undefined) gate.reach(position);
      isFollowing = true;
      intake.start(position, { taken: loop.wake, failed: state.fail });
      watchdog.start({ reached: gate.reached, probe: logBeats.beat });
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
    stop: async (drainMs) => {
      const endMs = local.clock.monotonic() + drainMs + FLUSH_MS;
      const cancelAbort = local.timers.after(drainMs, calls.abortAll);
      await state.handOver(Math.min(drainMs, HANDOVER_MS));
      const limitMs = Math.max(0, endMs - local.clock.monotonic());
      await awaitWithin(local.timers, limitMs, Promise.all([loop.stop(), dispatch.idle()]));
      cancelAbort();
      intake.stop();
      watchdog.stop();
      logCheck.stop();
      await members.stop();
      state.finishStop();
    },
  };
};
