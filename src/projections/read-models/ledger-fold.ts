import { isJobEvent, isRunEvent } from '../../domain/events/families.ts';
import { SlotDefinition } from '../../domain/ledger/periods.ts';
import { type SlotRange, slotRangeOf } from '../../domain/ledger/uncalled.ts';
import type { RecordedEvent } from '../../event-store/port.ts';
import { type Expiries, foldExpiries } from './expiry-fold.ts';

export type DefinitionRow = {
  readonly jobId: number;
  readonly jobRevision: number;
  readonly tenant: string;
  /** Whether slots are due while it is in force. */
  readonly hasSlots: boolean;
  readonly definition: SlotDefinition;
};

/** That a definition came into force, and until when where a later one of these events ends it. */
export type TakenRow = {
  readonly jobId: number;
  readonly jobRevision: number;
  readonly from: string;
  readonly until?: string;
  /** When that was recorded, epoch ms. */
  readonly takenMs: number;
};

export type RangeRow = SlotRange & {
  readonly jobId: number;
  readonly revision: number;
  readonly tenant: string;
  /** Epoch ms. */
  readonly recordedMs: number;
};

export type LedgerChanges = {
  readonly definitions: DefinitionRow[];
  /** Oldest first. */
  readonly taken: TakenRow[];
  /** The place in `taken` of the newest of each job. */
  readonly newest: Map<number, number>;
  readonly ranges: RangeRow[];
  /** The jobs that one of these events created. */
  readonly created: Set<number>;
  readonly expiries: Expiries;
};

const nothingChanged = (): LedgerChanges => ({
  definitions: [],
  taken: [],
  newest: new Map(),
  ranges: [],
  created: new Set(),
  expiries: new Map(),
});

/**
 * Folds job and run events into the definitions in force and the slots that were settled without a call. It goes on with
 * `changes`, where these are given.
 */
export const foldLedger = (
  events: readonly RecordedEvent[],
  changes: LedgerChanges = nothingChanged(),
): LedgerChanges | undefined => {
  const { definitions, taken, newest, ranges, created, expiries } = changes;
  foldExpiries(events, expiries);
  for (const event of events) {
    if (isJobEvent(event)) {
      const { jobId, tenant, enabled } = event.data;
      const hasSlots = enabled && event.type !== 'JobDeleted';
      const definition = SlotDefinition.parse(event.data);
      if (event.type === 'JobCreated') created.add(jobId);
      definitions.push({ jobId, jobRevision: event.revision, tenant, hasSlots, definition });
    } else if (isRunEvent(event)) {
      const { jobId, tenant } = event.data;
      const range = slotRangeOf(event);
      if (range !== undefined) {
        ranges.push({ ...range, jobId, tenant, revision: event.revision, recordedMs: event.recordedAt });
      }
      if (event.type !== 'DefinitionTaken') continue;
      const { jobRevision, from } = event.data;
      const before = newest.get(jobId);
      const ended = before === undefined ? undefined : taken[before];
      if (before !== undefined && ended) taken[before] = { ...ended, until: from };
      newest.set(jobId, taken.push({ jobId, jobRevision, from, takenMs: event.recordedAt }) - 1);
    }
  }
  return definitions.length + taken.length + ranges.length + expiries.size === 0 ? undefined : changes;
};
