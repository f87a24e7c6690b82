import type { Commands } from '../commands/index.ts';
import type { EventLog } from '../commands/loop/handle-command.ts';
import type { Ids } from '../commands/loop/ids.ts';
import type { LogHome } from '../domain/events/index.ts';
import type { StartMode } from '../domain/home.ts';
import type { StreamQueues } from '../event-store/append-with-retry.ts';
import type { Tracer } from '../telemetry/tracer.ts';
import type { CommonTime } from './cluster/common-time.ts';
import { createLogHeartbeats } from './cluster/heartbeats.ts';
import { createMembers, type Members } from './cluster/members.ts';
import { createWatchdog } from './cluster/watchdog.ts';
import { createEngineState, type EngineState } from './engine-state.ts';
import { createGate } from './gate.ts';
import { createIntake } from './intake.ts';
import {
  type ApplicationValues,
  createNewestValues,
  createValueTable,
  type ValueTable,
} from './jobs/application-values.ts';
import type { ClosureTable } from './jobs/closures.ts';
import { createDefinitions, type Definitions } from './jobs/definitions.ts';
import { createJobTable, type JobTable } from './jobs/job-table.ts';
import { createParking, type Parking } from './jobs/parking.ts';
import { createUndecodedRuns } from './jobs/undecoded-runs.ts';
import { createLogCheck, type LogCheck } from './log-check.ts';
import type { LoadSchedule, Membership } from './ports.ts';
import { createExecutionLines, type ExecutionLines } from './run/execution-lines.ts';
import { createLimits, type Limits } from './run/limits.ts';
import type { OfferWork } from './run/offer-work.ts';
import { createOpenCalls, type OpenCalls } from './run/open-calls.ts';
import type { TaskRunner } from './run/send-task.ts';
import { createStartGuard } from './start-guard.ts';

/** What an engine is created with. */
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

/**
 * What an engine claims, calls and records with: made once for the engine. `world` goes by the common time: when slots
 * are due, and the times in events.
 */
export type EngineContext = EngineDeps & {
  readonly engineId: string;
  readonly members: Members;
  readonly state: EngineState;
  readonly logCheck: LogCheck;
  readonly table: JobTable;
  readonly values: ValueTable;
  readonly definitions: Definitions;
  readonly parking: Parking;
  readonly limits: Limits;
  readonly calls: OpenCalls;
  /** Reads an application's variables and secrets from the log. */
  readonly newestValues: (applicationId: number) => Promise<ApplicationValues>;
  readonly lines: ExecutionLines;
};

/**
 * Creates what an engine claims and calls with, and what brings it events and keeps it from claiming: each from those
 * above it. What a part reports to one above it goes to a listener that it is given when the engine starts.
 */
export const createContext = (deps: EngineDeps) => {
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
