import type { Position } from '../event-store/port.ts';
import type { Clock } from '../world.ts';
import type { Projection } from './projection.ts';

export type ProjectionStatus = {
  readonly name: string;
  readonly shape: string;
  /** `standby`: another process feeds it. `retrying`: Postgres or the log is out of reach. `stopped`: for good. */
  readonly state: 'starting' | 'standby' | 'running' | 'retrying' | 'stopped';
  /** Since when in this state, epoch ms. */
  readonly sinceMs: number;
  readonly why?: string;
  readonly position?: Position;
  /** Whether it has, since this process feeds it, been at the log's end. */
  readonly caughtUp: boolean;
};

export type ProjectionStatusBoard = {
  all(): ProjectionStatus[];
  set(projection: Projection, change: Partial<Pick<ProjectionStatus, 'state' | 'why' | 'position' | 'caughtUp'>>): void;
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
