import type { RunTail, TaskConfig } from '../domain/events/index.ts';
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
  readonly status: 'enabled' | 'disabled' | 'deleted';
  readonly jobRevision: number;
  readonly pattern: string;
  readonly timezone: string;
  readonly startAt?: string | undefined;
  readonly endAt?: string | undefined;
  /** Revision of the last run event, -1 for none. */
  readonly runsRevision: number;
  readonly tail?: RunTail | undefined;
};

/** All jobs as they were at one position of the log. */
export type LoadSchedule = () => Promise<{
  readonly position: Position | undefined;
  readonly pages: AsyncIterable<readonly ScheduledJob[]>;
}>;

/** Opens what is sealed in a task; the engine alone does. */
export type UnsealTask = (
  task: TaskConfig,
  of: { readonly tenant: string; readonly applicationId: number },
) => Promise<{ readonly task: TaskConfig; readonly secrets: readonly string[] }>;
