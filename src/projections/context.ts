import type { EventStore } from '../event-store/port.ts';
import type { World } from '../world.ts';
import type { ProjectionStatusBoard } from './status.ts';

/** What everything that feeds projections is handed. */
export type FeedContext = {
  readonly store: EventStore;
  readonly logId: string;
  readonly databaseUrl: string;
  readonly world: Pick<World, 'clock' | 'timers' | 'log'>;
  readonly signal: AbortSignal;
  readonly board: ProjectionStatusBoard;
  /** Events in one transaction at the most: of the live generations, and of those being built. */
  readonly maxEvents: { readonly live: number; readonly building: number };
  /** The longest that a statement may take, ms. */
  readonly answerMs: { readonly live: number; readonly building: number };
};
