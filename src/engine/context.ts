import type { Commands } from '../commands/index.ts';
import type { EventLog } from '../commands/loop/handle-command.ts';
import type { Ids } from '../commands/loop/ids.ts';
import type { LogHome } from '../domain/events/index.ts';
import type { StartMode } from '../domain/home.ts';
import type { StreamQueues } from '../event-store/append-with-retry.ts';
import type { Tracer } from '../telemetry/tracer.ts';
import type { CommonTime } from './cluster/common-time.ts';
import type { Members } from './cluster/members.ts';
import type { Watchdog } from './cluster/watchdog.ts';
import type { EngineState } from './engine-state.ts';
import type { Gate } from './gate.ts';
import type { ApplicationValues, ValueTable } from './jobs/application-values.ts';
import type { ClosureTable } from './jobs/closures.ts';
import type { Definitions } from './jobs/definitions.ts';
import type { JobTable } from './jobs/job-table.ts';
import type { Parking } from './jobs/parking.ts';
import type { LogCheck } from './log-check.ts';
import type { LoadSchedule, Membership } from './ports.ts';
import type { ExecutionLines } from './run/execution-telemetry.ts';
import type { Limits } from './run/limits.ts';
import type { OfferWork } from './run/offer-work.ts';
import type { OpenCalls } from './run/open-calls.ts';
import type { TaskRunner } from './run/send-task.ts';
import type { StartGuard } from './start-guard.ts';

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

/** What the parts of an engine are created with. Its `world` still has the process's own clock. */
export type EngineSetup = EngineDeps & {
  readonly engineId: string;
  /** Aborts when the engine has handed over its jobs and its calls have ended. */
  readonly stopping: AbortSignal;
};

/**
 * What an engine claims, calls and records with: made once for the engine. Its `world` has the common time, which
 * decides when slots are due and is recorded in events.
 */
export type EngineContext = EngineSetup & {
  /** Shut at the start and after each change of owners, until the log's end of that moment is passed. */
  readonly gate: Gate;
  readonly watchdog: Watchdog;
  readonly guard: StartGuard;
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
