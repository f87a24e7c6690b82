import type { EventStore } from '../event-store/port.ts';
import type { World } from '../world.ts';
import { allProjections } from './all.ts';
import type { Projection } from './projection.ts';
import { runBuilding } from './run-building.ts';
import { runLive } from './run-live.ts';
import { createProjectionStatusBoard, type ProjectionStatus } from './status.ts';

export type RunnerOptions = {
  readonly store: EventStore;
  /** The log's identity, as `ensureLogIdentity` gives it: checkpoints of another log are refused. */
  readonly logId: string;
  readonly databaseUrl: string;
  readonly world: Pick<World, 'clock' | 'timers' | 'log'>;
  readonly projections?: readonly Projection[];
  /** Events in one transaction at the most. */
  readonly maxEvents?: { readonly live: number; readonly building: number };
  /** The longest that a statement of a batch may take, ms. */
  readonly answerMs?: { readonly live: number; readonly building: number };
  /** Told whenever the state of one of them changes. */
  readonly onStatus?: (status: ProjectionStatus) => void;
};

export type ProjectionRunner = {
  /** How this process fares with each projection. */
  status(): ProjectionStatus[];
  /** Lets the batch under way end, and gives the projections up to those who stand by. */
  stop(): Promise<void>;
};

// A batch is folded and written in one go of the thread it shares with the rest of the process.
const MAX_EVENTS = { live: 2_000, building: 10_000 };

/** Statements of a rebuild are larger, and nobody waits for them. */
const ANSWER_MS = { live: 20_000, building: 300_000 };

/** Feeds every projection from the log, where no other process does, and builds the generations that are asked for. */
export const startProjections = (options: RunnerOptions): ProjectionRunner => {
  const {
    projections = allProjections,
    maxEvents = MAX_EVENTS,
    answerMs = ANSWER_MS,
    onStatus = () => {},
    ...rest
  } = options;
  const stopping = new AbortController();
  const board = createProjectionStatusBoard(rest.world.clock, projections, onStatus);
  const context = { ...rest, maxEvents, answerMs, board, signal: stopping.signal };
  const running = Promise.all([runLive(context, projections), runBuilding(context, projections)]);
  return {
    status: board.all,
    stop: async () => {
      stopping.abort();
      await running;
    },
  };
};
