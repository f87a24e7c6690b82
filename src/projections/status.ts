import type { EventStore, Position } from '../event-store/port.ts';
import type { Clock, Runtime } from '../runtime/runtime.ts';
import type { Projection } from './projection.ts';

export type ProjectionStatus = {
  readonly name: string;
  readonly shape: string;
  /**
   * `standby`: another process runs it. `retrying`: Postgres or the log is unavailable. `stopped`: it does not retry.
   */
  readonly state: 'starting' | 'standby' | 'running' | 'retrying' | 'stopped';
  /** Since when in this state, epoch ms. */
  readonly sinceMs: number;
  readonly why?: string;
  readonly position?: Position;
  /** When the last event that it has applied was recorded, epoch ms; absent before the first. */
  readonly recordedMs?: number;
  /** True if it has reached the end of the log since this process runs it. */
  readonly caughtUp: boolean;
};

export type ProjectionStatusBoard = {
  all(): ProjectionStatus[];
  set(
    projection: Projection,
    change: Partial<Pick<ProjectionStatus, 'state' | 'why' | 'position' | 'recordedMs' | 'caughtUp'>>,
  ): void;
};

export const createProjectionStatusBoard = (
  clock: Clock,
  projections: readonly Projection[],
  onStatus: (status: ProjectionStatus) => void,
): ProjectionStatusBoard => {
  const board = new Map<string, ProjectionStatus>();
  for (const { name, shape } of projections) {
    board.set(name, { name, shape, state: 'starting', sinceMs: clock.now(), caughtUp: false });
  }
  return {
    all: () => [...board.values()],
    set: ({ name }, change) => {
      const before = board.get(name);
      if (before === undefined) return;
      const { why: _, ...rest } = before;
      const moved = change.state !== undefined && change.state !== before.state;
      const after = { ...(moved ? rest : before), ...change, sinceMs: moved ? clock.now() : before.sinceMs };
      board.set(name, after);
      if (moved) onStatus(after);
    },
  };
};

/** The dependencies and limits shared by all code that applies events to projections. */
export type FeedContext = {
  readonly store: EventStore;
  readonly logId: string;
  readonly databaseUrl: string;
  readonly world: Pick<Runtime, 'clock' | 'timers' | 'log'>;
  readonly signal: AbortSignal;
  readonly board: ProjectionStatusBoard;
  /** The maximum number of events in one transaction, for live generations and for those being built. */
  readonly maxEvents: { readonly live: number; readonly building: number };
  /** Statement timeouts, for live generations and for those being built. */
  readonly answerMs: { readonly live: number; readonly building: number };
};
