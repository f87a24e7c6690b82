import { expect } from 'chai';
import fc from 'fast-check';
import { parseExactly, RoundedInteger, roundsNumbers } from '../../../src/domain/json.ts';

describe('JSON whose whole numbers are exact', () => {
  for (const text of [
    '9007199254740993',
    '-12345678901234567890',
    '{"a":[{"id":1152921504606846977}]}',
    '1180591620717411303425',
  ]) {
    it(`finds the number that would be rounded in ${text}`, () => {
      expect(roundsNumbers(text)).to.equal(true);
    });
  }

  for (const text of [
    '9007199254740992',
    '1152921504606847000',
    '1e300',
    '0.12345678901234567',
    '"12345678901234567890"',
  ]) {
    it(`accepts ${text} as exact`, () => {
      expect(roundsNumbers(text)).to.equal(false);
      expect(parseExactly(text)).to.equal(JSON.parse(text));
    });
  }

  it('keeps the digits of such a number', () => {
    expect(parseExactly('{"id":12345678901234567890}')).to.deep.equal({
      id: new RoundedInteger('12345678901234567890'),
    });
  });

  it('reports for every whole number below 10^21 whether JSON preserves it', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(10n ** 20n), max: 10n ** 20n }), (number) => {
        expect(roundsNumbers(`${number}`)).to.equal(JSON.stringify(JSON.parse(`${number}`)) !== `${number}`);
      }),
    );
  });

  it('reads what JSON.stringify writes as JSON.parse does', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = JSON.stringify(value);
        expect(parseExactly(text)).to.deep.equal(JSON.parse(text));
      }),
    );
  });
});
