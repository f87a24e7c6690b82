import type { Commands } from '../commands/index.ts';
import type { EventLog } from '../commands/loop/handle-command.ts';
import type { Ids } from '../commands/loop/ids.ts';
import type { LogHome } from '../domain/events/index.ts';
import { canCallNext, dueOfNextMs } from '../domain/execution/decide.ts';
import { dueOfMs } from '../domain/execution/lateness.ts';
import type { StartMode } from '../domain/home.ts';
import type { StreamQueues } from '../event-store/append-with-retry.ts';
import { createFairCapacity, MAX_AHEAD } from '../runtime/fair-capacity.ts';
import type { Tracer } from '../telemetry/tracer.ts';
import type { CommonTime } from './cluster/common-time.ts';
import { createLogHeartbeats } from './cluster/heartbeats.ts';
import { createMembers } from './cluster/members.ts';
import { createWatchdog } from './cluster/watchdog.ts';
import { createEngineState } from './engine-state.ts';
import { createGate } from './gate.ts';
import { createIntake } from './intake.ts';
import { createNewestValues, createValueTable } from './jobs/application-values.ts';
import type { ClosureTable } from './jobs/closures.ts';
import { createDefinitions, targetKey } from './jobs/definitions.ts';
import { type EngineJob, slotsOfJob } from './jobs/engine-job.ts';
import { createJobTable, type JobTable } from './jobs/job-table.ts';
import { createParking } from './jobs/parking.ts';
import { createUndecodedRuns } from './jobs/undecoded-runs.ts';
import { createLogCheck } from './log-check.ts';
import type { LoadSchedule, Membership } from './ports.ts';
import { createAdmissionQueue } from './run/admission-queue.ts';
import type { RunsDeps } from './run/append-runs.ts';
import type { Claim, HeldClaim } from './run/claim.ts';
import { createClaimLoop } from './run/claim-loop.ts';
import { createDispatch } from './run/dispatch.ts';
import type { ExecuteDeps } from './run/execute.ts';
import { createExecutionLines } from './run/execution-lines.ts';
import { createLimits } from './run/limits.ts';
import { isFirstOfSlot } from './run/not-called.ts';
import type { OfferWork } from './run/offer-work.ts';
import { createOpenCalls } from './run/open-calls.ts';
import { createPlainCalls } from './run/plain-calls.ts';
import { createReaper } from './run/reaper.ts';
import { createOutcomeRecorder } from './run/record-outcomes.ts';
import type { TaskRunner } from './run/send-task.ts';
import { createWorkJudge } from './run/work-judge.ts';
import { createStartGuard } from './start-guard.ts';

export type EngineDeps = EventLog & {
  readonly lanes: StreamQueues;
  readonly time: CommonTime;
  readonly membership: Membership;
  /** The version of this process's time zone data. */
  readonly zoneData: string;
  /** After how much silence other engines take over, ms. */
  readonly timeoutMs: number;
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
  readonly tasks: TaskRunner;
  readonly offerWork: OfferWork;
  /** When attempts of workers had their last heartbeats, by the hashes of their tokens. */
  readonly lastBeats: (tokenHashes: readonly string[]) => Promise<ReadonlyMap<string, number>>;
  readonly tracer: Tracer;
  /** Limits on calls at the same time: in all, and to one target. */
  readonly concurrency: number;
  readonly targetConcurrency: number;
  /** How many of all executions the lines of the log tell of, from 0 to 1. */
  readonly loggedShare: number;
  /** Most jobs that are claimed together, and most outcomes that are recorded together. */
  readonly turnSize: number;
  /** Limit on the memory for definitions. */
  readonly definitionBytes: number;
};

/** How long before it is due a slot is claimed, so that the commit of the claim does not delay the call. */
const AHEAD_MS = 200;

/**
 * Builds the parts of an engine, each from those above it. What a part reports to one above it (a change of owners, a ticket that came back) goes to
 * a listener that it is given when the engine starts.
 */
export const createParts = (deps: EngineDeps) => {
  const place = createPlace(deps);
  const memory = createMemory(deps, place);
  return { ...place, ...memory, ...createRunner(deps, place, memory) };
};

/** The engine's place beside the log and the other engines, and what keeps it from claiming. */
const createPlace = (deps: EngineDeps) => {
  const { time, world: local } = deps;
  const engineId = local.random.uuid();
  const watchdog = createWatchdog({ store: deps.store, world: local });
  const { store } = watchdog;
  const logBeats = createLogHeartbeats({ store, engineId, world: local });
  const logCheck = createLogCheck({ store, logId: deps.logId, world: local });
  /** Shut at the start and after each change of owners, until the log's end of that moment is passed. */
  const gate = createGate({ store, world: local });
  const members = createMembers({
    engineId,
    zoneData: deps.zoneData,
    timeoutMs: deps.timeoutMs,
    alone: deps.alone,
    membership: deps.membership,
    logBeats,
    time,
    world: local,
    takenPosition: gate.reached,
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
  /** For what goes by the common time: when slots are due, and the times in events. */
  const world = { ...local, clock: time };
  return { engineId, world, store, logBeats, watchdog, logCheck, gate, members, guard, state };
};

type Place = ReturnType<typeof createPlace>;

/** What the engine keeps in memory, and what takes it in from the log. */
const createMemory = (deps: EngineDeps, place: Place) => {
  const { time, closures, world: local } = deps;
  const { engineId, store, members, state } = place;
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
    engineId,
    clock: time,
    owns: members.owns,
    aheadMs: AHEAD_MS,
    limits,
    undecoded: createUndecodedRuns({ parked: parking.park, failed: state.fail }),
    closures,
    isDeleted: values.isDeleted,
    runsKnown: calls.abortNoLongerWanted,
  });
  const definitions = createDefinitions({ store, limitBytes: deps.definitionBytes, parked: parking.park });
  const newestValues = createNewestValues({ store, table: values, world: local, signal: calls.signal });
  const intake = createIntake({ ...place, table, values, definitions, closures, parking });
  return { calls, parking, values, limits, table, definitions, newestValues, intake };
};

/** From a due job to its recorded outcome. */
const createRunner = (deps: EngineDeps, place: Place, memory: ReturnType<typeof createMemory>) => {
  const { time, closures, world: local } = deps;
  const { engineId, world, store, members, state, logCheck } = place;
  const { calls, parking, values, limits, table, definitions } = memory;
  const runsDeps: RunsDeps = {
    store,
    lanes: deps.lanes,
    world,
    engineId,
    table,
    closures,
    hooksOf: values.hooksOf,
    checkLog: logCheck.check,
  };
  const reaper = createReaper({
    ...runsDeps,
    endsFor: members.endsFor,
    deadAmong: members.deadAmong,
    isClaiming: state.isClaiming,
  });
  const judge = createWorkJudge({
    ...runsDeps,
    isClaiming: state.isClaiming,
    owns: members.owns,
    lastBeats: deps.lastBeats,
  });
  const places = createFairCapacity({
    count: deps.concurrency,
    countPerTarget: deps.targetConcurrency,
    maxAhead: MAX_AHEAD,
    clock: local.clock,
  });
  const lookAt = (job: EngineJob) => {
    const nowMs = time.now();
    const { rules, status } = job;
    const [slots, isPaused] = [slotsOfJob(job), closures.isPaused(job, nowMs)];
    return { rules, status, slots, closures: closures.closuresOf(job), isPaused, nowMs };
  };
  const turns = createAdmissionQueue({
    places,
    limits,
    flowOf: ({ jobId, tenant, target }) => {
      const known = target === undefined ? definitions.get(jobId) : undefined;
      return places.flowOf(tenant, target ?? (known === undefined ? '' : targetKey(known.definition)));
    },
    isDue: (job) => !parking.holds(job) && table.isDue(job, time.now()),
    mayCall: (job) => job.runs.jobRevision === job.jobRevision && canCallNext(job.runs, lookAt(job)),
    dueMsOf: (job) => dueOfNextMs(job.runs, lookAt(job)),
    table,
  });
  const executeDeps: ExecuteDeps = {
    ...runsDeps,
    ...memory,
    tasks: deps.tasks,
    offerWork: deps.offerWork,
    signingKeysOf: values.signingKeysOf,
    tlsOf: values.tlsOf,
    leaseHeldSince: members.leaseHeldSince,
    lines: createExecutionLines({ share: deps.loggedShare, timers: local.timers, log: local.log }),
    outcomes: createOutcomeRecorder({
      ...runsDeps,
      calls,
      turnSize: deps.turnSize,
      running: () => dispatch.running(),
    }),
  };
  const plainCalls = createPlainCalls(executeDeps);
  const untilTurn = async (held: HeldClaim): Promise<void> => {
    await limits.untilTurn(held.claim, calls.signal);
    held.turnMs = time.now();
  };
  const dispatch = createDispatch<HeldClaim>({
    world,
    places,
    untilTurn: (held) => (table.get(held.claim.jobId)?.rules.limit === undefined ? undefined : untilTurn(held)),
    run: plainCalls.call,
  });
  const loop = createClaimLoop({
    claimDeps: {
      ...runsDeps,
      ...memory,
      executionIds: deps.executionIds,
      commands: deps.commands,
      isDeleted: values.isDeleted,
      tracer: deps.tracer,
      aheadMs: AHEAD_MS,
      claimingSinceMs: (job) => Math.max(state.claimingSinceMs(), members.ownsSinceMs(job)),
      claimed: (held, ticket) => {
        const nowMs = time.now();
        const dueMs = dueMsOf(table, held.claim) ?? nowMs;
        if (dueMs > nowMs) plainCalls.prepare(held);
        dispatch.add(held, ticket, dueMs);
      },
      settled: limits.settled,
      giveBack: dispatch.giveBack,
    },
    turns,
    turnSize: deps.turnSize,
    isClaiming: state.isClaiming,
    failed: state.fail,
  });

  return { reaper, judge, places, turns, plainCalls, dispatch, loop };
};

/**
 * When a claimed slot is due. Anything else is due at once: another execution whichever clock its request went by, and a
 * further attempt also where the clock was set back to before the slot.
 */
const dueMsOf = (table: JobTable, claim: Claim): number | undefined => {
  if (!isFirstOfSlot(claim)) return undefined;
  const job = table.get(claim.jobId);
  return dueOfMs(claim, job && slotsOfJob(job));
};
