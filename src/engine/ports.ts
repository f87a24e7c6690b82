import type { RunTail, Secret, Variable } from '../domain/events/index.ts';
import type { LogCheckpoint } from '../event-store/identity.ts';
import type { Position } from '../event-store/port.ts';

/** Who is alive, and what time it is for all of them; Postgres answers. */
export type Membership = {
  /**
   * Says that this incarnation lives, and learns who else does.
   * @param asking called right before the time is asked for, where saying it took a while
   */
  beat(
    self: Heartbeat,
    asking?: () => void,
  ): Promise<{
    /** The common clock, epoch ms. */
    readonly serverMs: number;
    /** As far as Postgres knows of them: its table may have been lost. */
    readonly members: readonly Member[];
  }>;
  /** Says that this incarnation has stopped in order. */
  leave(engineId: string): Promise<void>;
};

/** What an engine says of itself with a beat. */
export type Heartbeat = {
  readonly engineId: string;
  /** The version of the time zones' rules that it goes by. */
  readonly zoneData: string;
  /** As it was told when it began to work; undefined until then. */
  readonly joinedMs: number | undefined;
  readonly state: 'working' | 'resting';
};

export type Member = {
  readonly engineId: string;
  readonly zoneData: string;
  /** Since when it works, epoch ms by the common clock. */
  readonly joinedMs: number;
  /** Its last beat's mark: another one is another beat, whichever way the clock of Postgres was put. */
  readonly beatenMs: number;
  /** Since that beat by the clock of Postgres. */
  readonly silentMs: number;
  readonly state: MemberState;
};

/** One that rests is given no jobs, and brings to an end what it has begun; what one has begun that left is lost. */
export type MemberState = 'working' | 'resting' | 'left';

/** What an engine keeps of a job between its slots. */
export type ScheduledJob = {
  readonly jobId: number;
  readonly tenant: string;
  readonly applicationId: number;
  readonly enabled: boolean;
  /** Kept until its runs are settled and none is open. */
  readonly deleted: boolean;
  readonly jobRevision: number;
  readonly pattern: string;
  readonly timezone: string;
  readonly startAt?: string | undefined;
  readonly endAt?: string | undefined;
  /** Revision of the last run event, -1 for none. */
  readonly runsRevision: number;
  readonly tail?: RunTail | undefined;
};

/** What parameters of an application's jobs may name. */
export type LoadedApplication = {
  readonly applicationId: number;
  /** Of the last event that these are of, in the application's stream. */
  readonly revision: number;
  readonly variables?: Variable[] | undefined;
  readonly secrets?: Secret[] | undefined;
};

/** Hands out all jobs in pages and tells of all applications that have values, as they were at one position of the log. */
export type LoadSchedule = (take: (page: readonly ScheduledJob[]) => void) => Promise<{
  readonly position: Position | undefined;
  /** The last event that went into it. */
  readonly lastEvent?: LogCheckpoint | undefined;
  readonly applications?: readonly LoadedApplication[];
  readonly parked?: readonly LoadedParked[];
}>;

/** A stream of which read models passed an event over that could not be read. */
export type LoadedParked = {
  readonly stream: string;
  /** When it was found to be readable again, epoch ms by the common clock; undefined before. */
  readonly readMs: number | undefined;
};
