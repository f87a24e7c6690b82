import { expect } from 'chai';
import { partsOf, placeOf } from '../../../ui/src/format/spans.ts';
import { formatSpan } from '../../../ui/src/format/time.ts';

const HOUR_MS = 3_600_000;
const at = (instant: string): number => Date.parse(instant);

describe('the parts of a span of time', () => {
  it('begin at round times of a zone, and are cut to the span', () => {
    const span = { fromMs: at('2026-03-01T22:30:00Z'), toMs: at('2026-03-08T22:30:00Z') };
    const parts = partsOf(span, { zone: 'Europe/Berlin' });
    expect(parts).to.have.lengthOf(57);
    expect([parts[0]?.fromMs, parts.at(-1)?.toMs]).to.deep.equal([span.fromMs, span.toMs]);
    expect(parts[1]?.fromMs, 'midnight in Berlin').to.equal(at('2026-03-01T23:00:00Z'));
    expect(parts[2]?.fromMs).to.equal(at('2026-03-02T02:00:00Z'));
    for (const [place, part] of parts.entries()) expect(part.fromMs).to.equal(parts[place - 1]?.toMs ?? span.fromMs);
  });

  it('are no shorter than what is counted', () => {
    const span = { fromMs: at('2026-03-01T00:00:00Z'), toMs: at('2026-03-01T05:20:00Z') };
    const parts = partsOf(span, { zone: 'Asia/Kolkata', leastMs: HOUR_MS });
    expect(parts.map(({ fromMs, toMs }) => (toMs - fromMs) / HOUR_MS)).to.deep.equal([1, 1, 1, 1, 1, 1 / 3]);
  });

  it('have each instant in one of them', () => {
    const parts = partsOf({ fromMs: 0, toMs: 10 * HOUR_MS }, { zone: 'UTC', leastMs: HOUR_MS });
    expect([-1, 0, HOUR_MS - 1, HOUR_MS, 99 * HOUR_MS].map((ms) => placeOf(parts, ms))).to.deep.equal([0, 0, 0, 1, 9]);
  });

  it('show their day once', () => {
    const saying = { zone: 'Europe/Berlin', nowMs: at('2026-03-01T12:00:00Z') };
    const say = (from: string, to: string) => formatSpan({ fromMs: at(from), toMs: at(to) }, saying);
    expect(say('2026-03-01T08:00:00Z', '2026-03-01T09:00:00Z')).to.equal('09:00–10:00');
    expect(say('2026-02-01T08:00:00Z', '2026-02-01T09:00:00Z')).to.equal('2026-02-01 09:00–10:00');
    expect(say('2026-02-28T22:00:00Z', '2026-02-28T23:00:00Z')).to.equal('yesterday 23:00–00:00');
  });
});
