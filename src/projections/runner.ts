import type { EventStore } from '../event-store/port.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { allProjections } from './all.ts';
import type { Projection } from './projection.ts';
import { runBuilding } from './run-building.ts';
import { runLive } from './run-live.ts';
import { createProjectionStatusBoard, type ProjectionStatus } from './status.ts';

export type RunnerOptions = {
  readonly store: EventStore;
  /** The identity of the log, from `ensureLogIdentity`. Checkpoints of another log are rejected. */
  readonly logId: string;
  readonly databaseUrl: string;
  readonly world: Pick<Runtime, 'clock' | 'timers' | 'log'>;
  readonly projections?: readonly Projection[];
  /** The maximum number of events in one transaction. */
  readonly maxEvents?: { readonly live: number; readonly building: number };
  /** Statement timeouts of batches. */
  readonly answerMs?: { readonly live: number; readonly building: number };
  /** Called when the state of a projection changes. */
  readonly onStatus?: (status: ProjectionStatus) => void;
};

export type ProjectionRunner = {
  /** Returns the state of each projection in this process. */
  status(): ProjectionStatus[];
  /** Stops after the running batch and releases the projections to standby processes. */
  stop(): Promise<void>;
};

// Folding and writing a batch blocks the event loop of the process, so batches are limited.
const MAX_EVENTS = { live: 2_000, building: 10_000 };

/** Statements of a rebuild are larger and nobody waits for them, so they may take longer. */
const ANSWER_MS = { live: 20_000, building: 300_000 };

/** How far read models of texts may be behind for the sake of fewer transactions: each writes some 4 KB of a tile anew. */
const TEXTS_REST_MS = 250;

/** How long read models may be behind so that an execution that ends within this time is written once. */
const ENDS_WITHIN_MS = 400;

/** Runs every projection that no other process runs, and builds the requested generations. */
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
  const ofTexts = projections.filter(({ readsTexts }) => readsTexts);
  // Text read models commit separately and seldom, since no request waits for them. A rebuild reads the log once for all.
  const live = [
    { projections: projections.filter(({ readsTexts }) => !readsTexts), restMs: 0, endsWithinMs: ENDS_WITHIN_MS },
    { projections: ofTexts, restMs: TEXTS_REST_MS, endsWithinMs: 0 },
  ]
    .filter((lane) => lane.projections.length > 0)
    .map((lane) => runLive(context, lane));
  const running = Promise.all([...live, runBuilding(context, projections)]);
  return {
    status: board.all,
    stop: async () => {
      stopping.abort();
      await running;
    },
  };
};
