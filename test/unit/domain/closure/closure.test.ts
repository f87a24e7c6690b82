import { expect } from 'chai';
import fc from 'fast-check';
import { gapsBetween, overlapping, type TimeSpan, union, without } from '../../../../src/domain/closure/closure.ts';

const END = 30;
const span = fc
  .tuple(fc.integer({ min: 0, max: END - 1 }), fc.integer({ min: 1, max: 8 }))
  .map(([fromMs, ms]): TimeSpan => ({ fromMs, untilMs: fromMs + ms }));
const spans = fc.array(span, { maxLength: 8 });
const holds = (given: readonly TimeSpan[], instantMs: number): boolean =>
  given.some(({ fromMs, untilMs }) => fromMs <= instantMs && instantMs < untilMs);
const instants = Array.from({ length: END + 12 }, (_, instantMs) => instantMs - 1);

describe('spans of time', () => {
  it('joins spans: in order, apart from each other, and with the same instants', () => {
    fc.assert(
      fc.property(spans, (given) => {
        const joined = union(given);
        for (const at of instants) expect(holds(joined, at)).to.equal(holds(given, at));
        expect(joined.every(({ fromMs }, index) => index === 0 || fromMs > (joined[index - 1]?.untilMs ?? 0))).to.equal(
          true,
        );
      }),
    );
  });

  it('finds what overlaps a window, and the gaps that do', () => {
    fc.assert(
      fc.property(spans, span, (given, window) => {
        const joined = union(given);
        const inWindow = joined.filter(({ fromMs, untilMs }) => fromMs < window.untilMs && untilMs > window.fromMs);
        expect(overlapping(joined, window)).to.deep.equal(inWindow);
        const gaps = gapsBetween(joined, window);
        for (const at of instants) {
          if (holds([window], at)) expect(holds(gaps, at)).to.equal(!holds(joined, at));
          if (holds(joined, at)) expect(holds(gaps, at)).to.equal(false);
        }
      }),
    );
  });

  it('returns complete gaps', () => {
    const given = [
      { fromMs: 10, untilMs: 20 },
      { fromMs: 30, untilMs: 40 },
    ];
    const gaps = [
      { fromMs: Number.NEGATIVE_INFINITY, untilMs: 10 },
      { fromMs: 20, untilMs: 30 },
      { fromMs: 40, untilMs: Number.POSITIVE_INFINITY },
    ];
    expect(gapsBetween(given, { fromMs: 0, untilMs: 50 })).to.deep.equal(gaps);
    expect(gapsBetween(given, { fromMs: 25, untilMs: 26 })).to.deep.equal([gaps[1]]);
    expect(gapsBetween(given, { fromMs: 12, untilMs: 14 })).to.deep.equal([]);
    expect(gapsBetween([], { fromMs: 12, untilMs: 14 })).to.deep.equal([
      { fromMs: Number.NEGATIVE_INFINITY, untilMs: Number.POSITIVE_INFINITY },
    ]);
  });

  it('subtracts spans from others', () => {
    fc.assert(
      fc.property(spans, spans, (given, others) => {
        const left = without(union(given), union(others));
        for (const at of instants) expect(holds(left, at)).to.equal(holds(given, at) && !holds(others, at));
      }),
    );
  });
});
