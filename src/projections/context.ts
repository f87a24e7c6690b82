import type { EventStore } from '../event-store/port.ts';
import type { World } from '../runtime/world.ts';
import type { ProjectionStatusBoard } from './status.ts';

/** The dependencies and limits shared by all code that applies events to projections. */
export type FeedContext = {
  readonly store: EventStore;
  readonly logId: string;
  readonly databaseUrl: string;
  readonly world: Pick<World, 'clock' | 'timers' | 'log'>;
  readonly signal: AbortSignal;
  readonly board: ProjectionStatusBoard;
  /** The maximum number of events in one transaction, for live generations and for those being built. */
  readonly maxEvents: { readonly live: number; readonly building: number };
  /** Statement timeouts, for live generations and for those being built. */
  readonly answerMs: { readonly live: number; readonly building: number };
};
