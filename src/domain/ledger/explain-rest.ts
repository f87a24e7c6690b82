import type { Closures } from '../closure/closure.ts';
import type { Span } from '../execution/tail.ts';
import type { Account, ExplainedSlots } from './account.ts';
import { explainRecord, explainSlot, type SlotOutcome } from './explain-slot.ts';
import { slotsOf } from './periods.ts';

type LogEnd = {
  /** The slots that are asked for. */
  readonly span: Span;
  readonly closures: Closures;
  readonly nowMs: number;
};

/** What would be recorded now of the slots that no event explains yet: those claimed, and those that are to be settled. */
export function* explainRest(account: Account, { span, closures, nowMs }: LogEnd): Generator<ExplainedSlots, void> {
  const { period, runs, claimed } = account;
  for (const { slotMs, ...execution } of claimed.values()) yield* explained(slotMs, explainRecord({ execution }, runs));
  if (period === undefined) return;
  const whole = { ...period, afterMs: Number.NEGATIVE_INFINITY };
  for (const { afterMs, untilMs } of [...runs.catchUp, { afterMs: runs.cursorMs, untilMs: nowMs }]) {
    const asked = { afterMs: Math.max(afterMs, span.afterMs), untilMs: Math.min(untilMs, span.untilMs) };
    for (const { slotMs } of slotsOf([whole], asked)) {
      yield* explained(slotMs, explainSlot(slotMs, {}, { period, runs, closures, nowMs }));
    }
  }
}

const explained = (slotMs: number, outcome: SlotOutcome | undefined): ExplainedSlots[] =>
  outcome === undefined ? [] : [{ outcome, firstMs: slotMs, lastMs: slotMs, count: 1 }];
