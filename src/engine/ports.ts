import type { RunTail } from '../domain/events/index.ts';
import type { Position } from '../event-store/port.ts';

/** Who is alive, and what time it is for all of them; Postgres answers. */
export type Membership = {
  /** Says that this incarnation lives, and learns who else does. */
  beat(engineId: string): Promise<{
    /** The common clock, epoch ms. */
    readonly serverMs: number;
    readonly members: readonly Member[];
  }>;
  /** Says that this incarnation has stopped in order. */
  leave(engineId: string): Promise<void>;
};
export type Member = { readonly engineId: string; readonly silentMs: number };

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

/** Hands out all jobs in pages, as they were at one position of the log, and tells which. */
export type LoadSchedule = (
  take: (page: readonly ScheduledJob[]) => void,
) => Promise<{ readonly position: Position | undefined }>;
