import type { LateReason } from '../events/index.ts';
import type { UncalledReason } from './uncalled.ts';

/** How many slots were settled, by what became of them and why. A range of more than 10,000 counts as 10,000. */
export type SlotCounts = {
  /** Called in time. */
  readonly fired: number;
  readonly late: Readonly<Partial<Record<LateReason, number>>>;
  readonly skipped: Readonly<Partial<Record<UncalledReason, number>>>;
  readonly missed: Readonly<Partial<Record<UncalledReason, number>>>;
};
