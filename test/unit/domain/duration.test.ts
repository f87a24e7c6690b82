import { expect } from 'chai';
import fc from 'fast-check';
import { durationMs } from '../../../src/domain/duration.ts';
import { durationInput } from '../../../src/domain/duration-input.ts';

const Input = durationInput({ least: '1s', most: '1h' });

describe('durations', () => {
  it('are a whole number and a unit, or milliseconds', () => {
    const written = ['250ms', '90s', '15m', '2h', '1d', '2w', 90_000, 0].map(durationMs);
    expect(written).to.deep.equal([250, 90_000, 900_000, 7_200_000, 86_400_000, 1_209_600_000, 90_000, 0]);
  });
  it('are kept as they were written', () => {
    expect(Input.parse('90s')).to.equal('90s');
    expect(Input.parse(90_000)).to.equal(90_000);
  });
  for (const wrong of [
    '',
    '90',
    's',
    '1.5s',
    '-1s',
    '1 s',
    '1S',
    '1y',
    '1mo',
    '1s ',
    '٣s',
    1.5,
    -1,
    `${'9'.repeat(20)}s`,
  ]) {
    it(`are rejected if they are none: ${JSON.stringify(wrong)}`, () => {
      expect(Input.safeParse(wrong).success).to.equal(false);
    });
  }
  it('are rejected outside of their bounds, which the message names', () => {
    for (const wrong of ['999ms', 999, '61m']) {
      expect(Input.safeParse(wrong).error?.issues.map(({ message }) => message)).to.deep.equal([
        'must be at least 1s and at most 1h',
      ]);
    }
  });
  it('never throw for any text', () => {
    fc.assert(fc.property(fc.anything(), (written) => void Input.safeParse(written)));
  });
});
