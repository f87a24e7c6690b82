import type { EventOf } from '../../domain/events/index.ts';
import type { RecordedEvent } from '../../event-store/port.ts';

/** What the newest expiry of a job says; each counts all that expired before, too. */
export type ExpiryRow = Omit<EventOf<'ExecutionsExpired'>['data'], 'tail'> & {
  /** Epoch ms. */
  readonly recordedMs: number;
};

/** The newest expiry of each job. */
export type Expiries = Map<number, ExpiryRow>;

/**
 * Folds what has expired. It is written after all else that these events change: nothing that they bring after an expiry
 * falls under it.
 */
export const foldExpiries = (events: readonly RecordedEvent[], expiries: Expiries = new Map()): Expiries => {
  for (const event of events) {
    if (event.type !== 'ExecutionsExpired') continue;
    const { tail: _, ...row } = event.data;
    expiries.set(row.jobId, { ...row, recordedMs: event.recordedAt });
  }
  return expiries;
};
