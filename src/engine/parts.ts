import { canCallNext, dueOfNextMs } from '../domain/execution/decide.ts';
import { dueOfMs } from '../domain/execution/lateness.ts';
import { createFairCapacity, MAX_AHEAD } from '../runtime/fair-capacity.ts';
import { createLogHeartbeats } from './cluster/heartbeats.ts';
import { createMembers } from './cluster/members.ts';
import { createWatchdog } from './cluster/watchdog.ts';
import type { EngineContext, EngineDeps } from './context.ts';
import { createEngineState } from './engine-state.ts';
import { createGate } from './gate.ts';
import { createIntake } from './intake.ts';
import { createNewestValues, createValueTable } from './jobs/application-values.ts';
import { createDefinitions, targetKey } from './jobs/definitions.ts';
import { type EngineJob, slotsOfJob } from './jobs/engine-job.ts';
import { createJobTable } from './jobs/job-table.ts';
import { createParking } from './jobs/parking.ts';
import { createUndecodedRuns } from './jobs/undecoded-runs.ts';
import { createLogCheck } from './log-check.ts';
import { createAdmissionQueue } from './run/admission-queue.ts';
import type { HeldClaim } from './run/claim.ts';
import { createClaimLoop } from './run/claim-loop.ts';
import { createDispatch } from './run/dispatch.ts';
import { createExecutionLines } from './run/execution-lines.ts';
import { createLimits } from './run/limits.ts';
import { isFirstOfSlot } from './run/not-called.ts';
import { createOpenCalls } from './run/open-calls.ts';
import { createPlainCalls } from './run/plain-calls.ts';
import { createReaper } from './run/reaper.ts';
import { createOutcomeRecorder } from './run/record-outcomes.ts';
import { createWorkJudge } from './run/work-judge.ts';
import { createStartGuard } from './start-guard.ts';

/**
 * Builds the parts of an engine, each from those above it. What a part reports to one above it (a change of owners, a
 * ticket that came back) goes to a listener that it is given when the engine starts.
 */
export const createParts = (deps: EngineDeps) => {
  const base = createBase(deps);
  return { ...base, ...createRunner(base.context) };
};

/** What the engine claims and calls with, and what brings it events and keeps it from claiming. */
const createBase = (deps: EngineDeps) => {
  const { time, closures, world: local } = deps;
  const engineId = local.random.uuid();
  const watchdog = createWatchdog({ store: deps.store, world: local });
  const { store } = watchdog;
  const logBeats = createLogHeartbeats({ store, engineId, world: local });
  const logCheck = createLogCheck({ store, logId: deps.logId, world: local });
  /** Shut at the start and after each change of owners, until the log's end of that moment is passed. */
  const gate = createGate({ store, world: local });
  const members = createMembers({
    ...deps,
    engineId,
    logBeats,
    takenPosition: gate.reached,
    standsStill: () => watchdog.standstill() !== undefined,
  });
  const guard = createStartGuard({ ...deps, engineId, mode: deps.startMode });
  const state = createEngineState({ engineId, members, watchdog, gate, guard, time, world: local });
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
    limits,
    undecoded: createUndecodedRuns({ parked: parking.park, failed: state.fail }),
    closures,
    isDeleted: values.isDeleted,
    runsKnown: calls.abortNoLongerWanted,
  });
  const definitions = createDefinitions({ store, limitBytes: deps.definitionBytes, parked: parking.park });
  const context: EngineContext = {
    ...deps,
    world: { ...local, clock: time },
    engineId,
    store,
    members,
    state,
    logCheck,
    table,
    values,
    definitions,
    parking,
    limits,
    calls,
    newestValues: createNewestValues({ store, table: values, world: local, signal: calls.signal }),
    lines: createExecutionLines({ share: deps.loggedShare, timers: local.timers, log: local.log }),
  };
  const intake = createIntake({ ...context, gate, guard });
  return { context, logBeats, watchdog, gate, guard, intake };
};

/** From a due job to its recorded outcome. */
const createRunner = (context: EngineContext) => {
  const { time, closures, world, limits, table, definitions, calls, parking } = context;
  const places = createFairCapacity({
    count: context.concurrency,
    countPerTarget: context.targetConcurrency,
    maxAhead: MAX_AHEAD,
    clock: time,
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
  const outcomes = createOutcomeRecorder(context, () => dispatch.running());
  const plainCalls = createPlainCalls({ ...context, outcomes });
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
  /**
   * When a claimed slot is due. Anything else is due at once: another execution whichever clock its request went by, and
   * a further attempt also where the clock was set back to before the slot.
   */
  const dueMsOf = ({ claim }: HeldClaim): number | undefined => {
    if (!isFirstOfSlot(claim)) return undefined;
    const job = table.get(claim.jobId);
    return dueOfMs(claim, job && slotsOfJob(job));
  };
  const loop = createClaimLoop({
    ...context,
    turns,
    claimed: (held, ticket) => {
      const nowMs = time.now();
      const dueMs = dueMsOf(held) ?? nowMs;
      if (dueMs > nowMs) plainCalls.prepare(held);
      dispatch.add(held, ticket, dueMs);
    },
    giveBack: dispatch.giveBack,
  });
  return { reaper: createReaper(context), judge: createWorkJudge(context), places, turns, plainCalls, dispatch, loop };
};
