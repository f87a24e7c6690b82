import { z } from 'zod';
import { isJobEvent, isRunEvent, NOT_CALLED_REASONS } from '../../domain/events/index.ts';
import { COUNTED_AT_MOST } from '../../domain/execution/range.ts';
import { slotRangeOf } from '../../domain/ledger/explain-slot.ts';
import { SlotDefinition } from '../../domain/ledger/periods.ts';
import { toInstant } from '../../domain/values.ts';
import type { RecordedEvent } from '../../event-store/port.ts';
import { bigint, boolean, choice, instant, json, type RecordChange, record, text } from '../record.ts';

/** Every definition of a job, and when it was active; never, if a later one was activated first. */
export const definitionRecord = record(
  'definition',
  {
    jobId: bigint(),
    jobRevision: bigint(),
    tenant: text(),
    /** Whether slots are due while it is active. */
    hasSlots: boolean(),
    definition: json(SlotDefinition),
    inForceFrom: instant().optional(),
    inForceUntil: instant().optional(),
    /** When its activation was recorded. */
    activatedAt: instant().optional(),
  },
  { key: ['jobId', 'jobRevision'] },
);

type DefinitionChange = RecordChange<typeof definitionRecord>;
/** The fields that an event of the job gives. */
export const ofJobEvent = definitionRecord.part('jobId', 'jobRevision', 'tenant', 'hasSlots', 'definition');
export type DefinitionRow = Pick<DefinitionChange, 'jobId' | 'jobRevision' | 'tenant' | 'hasSlots' | 'definition'>;
/** The fields that an activation gives, with its end if a later one of these events ends it. */
export const activeDefinition = definitionRecord.part(
  'jobId',
  'jobRevision',
  'inForceFrom',
  'inForceUntil',
  'activatedAt',
);

export type TakenRow = Omit<DefinitionChange, 'tenant' | 'hasSlots' | 'definition'>;

/** A range of slots settled without a call. */
export const rangeRecord = record(
  'range',
  {
    jobId: bigint(),
    /** Revision of the event in the job's stream of runs. */
    revision: bigint(),
    tenant: text(),
    outcome: choice(z.enum(['skipped', 'missed'])),
    reason: choice(z.enum(NOT_CALLED_REASONS)),
    first: instant(),
    last: instant(),
    executionId: bigint().optional(),
    recordedAt: instant(),
    /** Number of slots; 10,000 if there are more. */
    slots: bigint(),
  },
  { key: ['jobId', 'revision'] },
);

export type RangeRow = RecordChange<typeof rangeRecord>;

export type LedgerRows = {
  readonly definitions: DefinitionRow[];
  /** Oldest first. */
  readonly taken: TakenRow[];
  readonly ranges: RangeRow[];
};

export type LedgerChanges = LedgerRows & {
  /** Index in `taken` of the newest of each job. */
  readonly newest: Map<number, number>;
  /** Jobs created by one of these events. */
  readonly created: Set<number>;
};

const nothingChanged = (): LedgerChanges => ({
  definitions: [],
  taken: [],
  newest: new Map(),
  ranges: [],
  created: new Set(),
});

/** Folds job and run events into active definitions and slots settled without a call. Adds to `changes`, if given. */
export const foldLedger = (
  events: readonly RecordedEvent[],
  changes: LedgerChanges = nothingChanged(),
): LedgerChanges | undefined => {
  const { definitions, taken, newest, ranges, created } = changes;
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
        const { outcome, reason, firstMs, lastMs, count: slots = COUNTED_AT_MOST, executionId } = range;
        const [first, last, recordedAt] = [toInstant(firstMs), toInstant(lastMs), toInstant(event.recordedAt)];
        const of = { jobId, revision: event.revision, tenant };
        ranges.push({ ...of, outcome, reason, first, last, executionId, recordedAt, slots });
      }
      if (event.type !== 'DefinitionActivated') continue;
      const { jobRevision, from: inForceFrom } = event.data;
      const activatedAt = toInstant(event.recordedAt);
      const before = newest.get(jobId);
      const ended = before === undefined ? undefined : taken[before];
      if (before !== undefined && ended) taken[before] = { ...ended, inForceUntil: inForceFrom };
      newest.set(jobId, taken.push({ jobId, jobRevision, inForceFrom, inForceUntil: undefined, activatedAt }) - 1);
    }
  }
  return definitions.length + taken.length + ranges.length === 0 ? undefined : changes;
};
