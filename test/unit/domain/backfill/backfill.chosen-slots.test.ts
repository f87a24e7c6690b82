import { expect } from 'chai';
import fc from 'fast-check';
import { chooseSlots, slotsOfChosen, takeFirst } from '../../../../src/domain/backfill/backfill.ts';
import type { ChosenSlots } from '../../../../src/domain/events/index.ts';

const MINUTE_MS = 60_000;
const FROM_MS = Date.UTC(2026, 2, 1, 9);
const schedule = { pattern: '* * * * *', timezone: 'UTC', scheduleSince: '2026-01-01T00:00:00.000Z' };
const minutes = (count: number): number[] => Array.from({ length: count }, (_, index) => FROM_MS + index * MINUTE_MS);

describe('chosen slots', () => {
  it('are taken one after another, each once', () => {
    fc.assert(
      fc.property(fc.array(fc.boolean(), { maxLength: 70 }), (flags) => {
        const all = minutes(flags.length);
        const wanted = all.filter((_, index) => flags[index]);
        const taken: number[] = [];
        let left: ChosenSlots | undefined = chooseSlots(schedule, all, (slotMs) => wanted.includes(slotMs));
        while (left !== undefined) {
          expect(slotsOfChosen(left)).to.deep.equal(wanted.slice(taken.length));
          const next = takeFirst(left);
          if (next !== undefined) taken.push(next.slotMs);
          left = next?.rest;
        }
        expect(taken).to.deep.equal(wanted);
      }),
    );
  });

  it('take no bits if all of them are chosen, and fit into two thousand letters if every other one is', () => {
    const all = minutes(10_000);
    expect(chooseSlots(schedule, all, () => true)).to.deep.equal({
      schedule,
      after: '2026-03-01T08:59:59.999Z',
      until: '2026-03-08T07:39:00.000Z',
    });
    const everyOther = chooseSlots(schedule, all, (slotMs) => (slotMs / MINUTE_MS) % 2 === 0);
    expect(everyOther?.bits).to.have.length.within(1_000, 2_000);
  });
});
