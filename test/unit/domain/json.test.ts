import { expect } from 'chai';
import fc from 'fast-check';
import { DomainError } from '../../../src/domain/domain-error.ts';
import { checkJsonSize, parseExactly, RoundedInteger, roundsNumbers } from '../../../src/domain/json.ts';

const valuesIn = (value: unknown): number =>
  typeof value === 'object' && value !== null
    ? Object.values(value).reduce((sum: number, item) => sum + valuesIn(item), 1)
    : 1;

const codeOf = (text: string, most: number): string | undefined => {
  try {
    checkJsonSize(Buffer.from(text), most);
    return undefined;
  } catch (error) {
    if (error instanceof DomainError) return error.code;
    throw error;
  }
};

describe('the size of JSON text', () => {
  it('is the number of its values, however it is written', () => {
    const text = fc
      .tuple(fc.jsonValue(), fc.constantFrom('', ' ', '\t', '\n  '))
      .map(([value, indent]) => ({ value, text: JSON.stringify(value, null, indent) }));
    fc.assert(
      fc.property(text, ({ value, text }) => {
        const values = valuesIn(value);
        expect(codeOf(text, values)).to.equal(undefined);
        expect(codeOf(text, values - 1)).to.equal('BODY_TOO_LARGE');
      }),
    );
  });

  it('counts nothing within a string', () => {
    expect(codeOf('"[,{\\",,["', 1)).to.equal(undefined);
    expect(codeOf('["a,b\\\\","[c"]', 3)).to.equal(undefined);
  });

  it('stops at what is nested too deeply, and leaves what is no JSON to the parser', () => {
    expect(codeOf('['.repeat(65), 100)).to.equal(undefined);
    expect(codeOf('['.repeat(66), 100)).to.equal('BAD_INPUT');
    expect(codeOf('"[[[[', 1)).to.equal(undefined);
    expect(codeOf(']]]]', 1)).to.equal(undefined);
  });
});

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
