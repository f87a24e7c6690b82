import { isRunEvent } from '../../domain/events/families.ts';
import { actorName } from '../../domain/events/index.ts';
import { toInstant } from '../../domain/values.ts';
import type { RecordedEvent } from '../../event-store/port.ts';
import { type BackfillChange, backfillRecord } from '../queries/records/backfills.ts';
import { type Expiries, foldExpiries } from './expiry-fold.ts';

export type BackfillCancelledRow = {
  readonly backfillId: number;
  readonly cancelledAt: string;
  readonly cancelledBy: string;
};

/** What was requested, and what was cancelled, which may have been requested before. */
export type BackfillChanges = {
  readonly requested: readonly BackfillChange[];
  readonly cancelled: readonly BackfillCancelledRow[];
  readonly expiries: Expiries;
};

export const foldBackfills = (events: readonly RecordedEvent[]): BackfillChanges | undefined => {
  const requested: BackfillChange[] = [];
  const cancelled: BackfillCancelledRow[] = [];
  for (const event of events) {
    if (!isRunEvent(event)) continue;
    if (event.type === 'BackfillRequested') {
      const { slots: _, tail: __, backfillId: id, ...row } = event.data;
      requested.push({ ...backfillRecord.blank, ...row, id });
    } else if (event.type === 'BackfillCancelled') {
      const { recordedAt, metadata, data } = event;
      cancelled.push({
        backfillId: data.backfillId,
        cancelledAt: toInstant(recordedAt),
        cancelledBy: actorName(metadata.actor),
      });
    }
  }
  const expiries = foldExpiries(events);
  return requested.length + cancelled.length + expiries.size === 0 ? undefined : { requested, cancelled, expiries };
};
