import type { LateReason, NotCalledReason } from '../domain/events/index.ts';
import { COUNTED_AT_MOST } from '../domain/execution/range.ts';
import type { Span } from '../domain/execution/tail.ts';
import type { ExplainedSlots, Fault, FaultKind } from '../domain/ledger/ledger-state.ts';
import type { SlotCounts } from '../domain/ledger/not-called.ts';
import type { JobSlots } from '../domain/schedule/index.ts';

type ByReason<Reason extends string> = Partial<Record<Reason, number>>;

/** The slots of a span; `due` counts those not settled yet. */
export type SlotTally = SlotCounts & { readonly due: number };

export type JobFault = Fault & { readonly jobId: number };

export type FaultTally = {
  /** Number of slots. */
  readonly counts: Readonly<Record<FaultKind, number>>;
  readonly first: readonly JobFault[];
};

/** Counts slots within its span. Ranges are cut by the slots of the active definition. */
export type Tally = {
  addExplained(explained: ExplainedSlots, slots: JobSlots | undefined): void;
  addFault(fault: JobFault, slots: JobSlots | undefined): void;
  slots(): SlotTally;
  faults(): FaultTally;
};

/** Maximum listed errors; all are counted. */
const LISTED = 1_000;

export const createTally = (span: Span): Tally => {
  let fired = 0;
  let due = 0;
  const late: ByReason<LateReason> = {};
  const skipped: ByReason<NotCalledReason> = {};
  const missed: ByReason<NotCalledReason> = {};
  const counts = { unexplained: 0, duplicated: 0, notDue: 0 };
  const first: JobFault[] = [];
  return {
    addExplained: (explained, slots) => {
      const count = countIn(span, explained, slots);
      if (count === 0) return;
      const { outcome } = explained;
      switch (outcome.outcome) {
        case 'fired':
          fired += count;
          break;
        case 'late':
          late[outcome.reason] = (late[outcome.reason] ?? 0) + count;
          break;
        case 'skipped':
          skipped[outcome.reason] = (skipped[outcome.reason] ?? 0) + count;
          break;
        case 'missed':
          missed[outcome.reason] = (missed[outcome.reason] ?? 0) + count;
          break;
        case 'due':
          due += count;
      }
    },
    addFault: (fault, slots) => {
      const count = countIn(span, fault, slots);
      if (count === 0) return;
      counts[fault.kind] += count;
      if (first.length < LISTED) first.push(fault);
    },
    slots: () => ({ fired, late, skipped, missed, due }),
    faults: () => ({ counts, first }),
  };
};

type SlotSpan = Pick<Fault, 'firstMs' | 'lastMs' | 'count'>;

const countIn = ({ afterMs, untilMs }: Span, { firstMs, lastMs, count }: SlotSpan, slots?: JobSlots): number => {
  if (lastMs <= afterMs || firstMs > untilMs) return 0;
  if (firstMs > afterMs && lastMs <= untilMs) return count ?? COUNTED_AT_MOST;
  const due = slots?.count(Math.max(firstMs - 1, afterMs), Math.min(lastMs, untilMs), COUNTED_AT_MOST);
  return due === undefined ? 0 : (due.count ?? COUNTED_AT_MOST);
};
