import type { BenchOptions } from '../harness.ts';
import type { Fired } from './ledger.ts';
import type { Counts } from './target.ts';

type Books = {
  readonly slots: number;
  readonly target: Counts;
  readonly log: Fired;
  readonly say: BenchOptions['say'];
};

/**
 * 1 if the target was called once for each slot and the log has one claim and one success for each; otherwise 0, with a
 * message of what was lost, doubled, missed or skipped.
 */
export const exactness = ({ slots, target, log, say }: Books): 0 | 1 =>
  balance(
    {
      ...wrongAtTarget(slots, target),
      'slots never claimed': slots - log.slots,
      'slots claimed twice': log.twice,
      'slots without a success': slots - log.succeeded,
      'slots missed or skipped': log.missed,
    },
    say,
  );

export const wrongAtTarget = (slots: number, target: Counts) => ({
  'slots never called': slots - target.slots,
  'slots called twice': target.twice,
});

/** 1 if all counts are 0; otherwise 0, with a message. */
export const balance = (counts: Readonly<Record<string, number>>, say: BenchOptions['say']): 0 | 1 => {
  const wrong = Object.entries(counts).filter(([, count]) => count !== 0);
  for (const [what, count] of wrong) say(`NOT EXACT: ${what}: ${count}`);
  return wrong.length === 0 ? 1 : 0;
};
