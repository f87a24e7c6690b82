import type { CalendarVersion } from '../domain/closure/calendars.ts';
import type { PauseVersion } from '../domain/closure/closure-book.ts';
import type { Hooks, Limit, RunTail, ScheduleFields, Secret, TlsSettings, Variable } from '../domain/events/index.ts';
import type { LogCheckpoint } from '../event-store/identity.ts';
import type { Position } from '../event-store/port.ts';

/** Tells which engines are alive and the common time. Implemented over Postgres. */
export type Membership = {
  /**
   * Records a heartbeat of this engine and reads those of all engines.
   * @param reading called right before the time is read, since recording may take a while
   */
  beat(
    self: Heartbeat,
    reading?: () => void,
  ): Promise<{
    /** The common clock, epoch ms. */
    readonly serverMs: number;
    /** The engines in the table; a crash of Postgres may have emptied it. */
    readonly members: readonly Member[];
  }>;
  /** Records that this engine has stopped in an orderly way. */
  leave(engineId: string): Promise<void>;
};

/** What an engine records about itself with each heartbeat. */
export type Heartbeat = {
  readonly engineId: string;
  /** The version of its time zone data. */
  readonly zoneData: string;
  /** After how much silence it is dead, ms. */
  readonly timeoutMs: number;
  /** When it began to work, as the first heartbeat after that returned it; undefined before. */
  readonly joinedMs: number | undefined;
  readonly state: 'working' | 'resting';
  /** How far it has taken in the log; undefined before its subscription has begun. */
  readonly takenPosition: Position | undefined;
};

export type Member = {
  readonly engineId: string;
  readonly zoneData: string;
  /** After how much silence it is dead, ms. */
  readonly timeoutMs: number;
  /** When it began to work, epoch ms of the common clock. */
  readonly joinedMs: number;
  /** The time of its last beat by Postgres. Any other value means a new beat, even if that clock was set back. */
  readonly beatenMs: number;
  /** Time since that beat by the clock of Postgres. */
  readonly silentMs: number;
  /** A resting engine owns no jobs and finishes its calls; executions still open of an engine that left are lost. */
  readonly state: 'working' | 'resting' | 'left';
};

/** What an engine keeps of a job between its slots. */
export type ScheduledJob = {
  readonly jobId: number;
  readonly tenant: string;
  readonly applicationId: number;
  readonly enabled: boolean;
  /** Kept until its runs are settled and none is open. */
  readonly deleted: boolean;
  readonly jobRevision: number;
  readonly scheduleFields: ScheduleFields;
  /** As `rulesText` makes it. */
  readonly rules?: string | undefined;
  /** The origin that it calls; undefined if that depends on a parameter. */
  readonly target?: string | undefined;
  /** As `labelsTextOf` writes them. */
  readonly labels?: string | undefined;
  /** Revision of the last run event, -1 for none. */
  readonly runsRevision: number;
  readonly tail?: RunTail | undefined;
};

/** An application's variables, secrets and limits, which its jobs may name. */
export type LoadedApplication = {
  readonly applicationId: number;
  /** The revision of the application's stream up to which these were read. */
  readonly revision: number;
  readonly variables?: Variable[] | undefined;
  readonly secrets?: Secret[] | undefined;
  readonly limits?: Limit[] | undefined;
  readonly tls?: TlsSettings[] | undefined;
  readonly hooks?: Hooks | undefined;
  readonly deleted?: boolean | undefined;
};

/** What closes spans of time to the slots of jobs. */
export type LoadedClosures = {
  /** Every version of each calendar, oldest first. */
  readonly calendars: readonly CalendarVersion[];
  /** Also those that have ended: slots may still be unsettled that came due in them. */
  readonly pauses: readonly PauseVersion[];
};

/** Loads all jobs, one by one, and what they go by, as it was at one position of the log or later. */
export type LoadSchedule = (take: (job: ScheduledJob) => void) => Promise<{
  readonly position: Position | undefined;
  /** The last event that the loaded state includes. */
  readonly lastEvent?: LogCheckpoint | undefined;
  readonly applications?: readonly LoadedApplication[];
  readonly closures?: LoadedClosures;
  readonly parked?: readonly LoadedParked[];
}>;

/** A stream with an event that the read models could not read and skipped. */
export type LoadedParked = {
  readonly stream: string;
  /** When the event turned out to be readable again, epoch ms of the common clock; undefined before. */
  readonly readMs: number | undefined;
};
