import type { SlotOutcomeName } from '../../../domain/ledger/explain-slot.ts';
import type { Scope } from '../port.ts';
import type { SlotPlace } from './first-slots.ts';

/** Which slots are looked for. */
export type SlotSearch = {
  readonly scope: Scope;
  /** All jobs, where undefined. */
  readonly jobId: number | undefined;
  /** All outcomes, where undefined. */
  readonly outcomes: readonly SlotOutcomeName[] | undefined;
  /** Slots after this place, up to the instant, epoch ms. */
  readonly after: SlotPlace;
  readonly untilMs: number;
};
