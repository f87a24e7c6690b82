import type { EventEmitter } from 'node:events';
import type { Session } from '../db/session.ts';
import type { EventStore, Position } from '../event-store/port.ts';
import type { Clock, Runtime } from '../runtime/runtime.ts';
import type { ActiveState, Projection } from './projection.ts';

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
  set(projection: Projection, change: Partial<ProjectionStatus>): void;
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

export type RunnerOptions = {
  readonly store: EventStore;
  /** The identity of the log, from `ensureLogIdentity`. Checkpoints of another log are rejected. */
  readonly logId: string;
  readonly databaseUrl: string;
  readonly world: Runtime;
  readonly projections?: readonly Projection[];
  /** The maximum number of events in a batch. */
  readonly maxEvents?: number;
  /** Statement timeouts. */
  readonly timeoutMs?: Readonly<Record<ActiveState, number>>;
  /** Called when the state of a projection changes. */
  readonly onStatus?: (status: ProjectionStatus) => void;
};

export type FeedContext = Required<RunnerOptions> & {
  readonly board: ProjectionStatusBoard;
  /** Emits the channels of requests. One session listens for all, because each notification wakes all that listen. */
  readonly requests: EventEmitter;
  readonly signal: AbortSignal;
};

/** Projections that one connection runs. */
export type Run = {
  readonly context: FeedContext;
  /** Pipelines statements. */
  readonly session: Session;
  readonly state: ActiveState;
  readonly projections: readonly Projection[];
  /** Called after each success. */
  progress(): void;
};

/** Calls `listener` for each request on this channel, until the session of the run ends. */
export const onRequest = ({ context, session }: Run, channel: string, listener: () => void): void => {
  context.requests.on(channel, listener);
  session.lost.addEventListener('abort', () => context.requests.off(channel, listener));
};
