import { expect } from 'chai';
import fc from 'fast-check';
import { ExactNumber, parseJson, printJson } from '../../../ui/src/api/json.ts';

describe('JSON of the page', () => {
  it('keeps every digit of a number that no double holds', () => {
    const text = '{"id":12345678901234567890,"rate":0.1234567890123456789,"far":1e400,"ok":12.5}';
    const parsed = parseJson(text);
    expect(parsed).to.deep.include({ ok: 12.5 });
    expect(parsed).to.have.property('id').that.deep.equals(new ExactNumber('12345678901234567890'));
    expect(printJson(parsed, 0)).to.equal(text);
  });

  it('makes a plain number of one that a double holds, however it is written', () => {
    expect(parseJson('[1.50, 1e3, -0.0, 9007199254740991, 100000000000000000000]')).to.deep.equal([
      1.5,
      1000,
      -0,
      Number.MAX_SAFE_INTEGER,
      1e20,
    ]);
  });

  it('reads long digits in texts as texts', () => {
    expect(parseJson('{"text":"12345678901234567890"}')).to.deep.equal({ text: '12345678901234567890' });
  });

  it('reads all JSON as JSON.parse does, exact numbers apart', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        expect(JSON.parse(printJson(parseJson(text), 0))).to.deep.equal(JSON.parse(text));
      }),
    );
  });

  it('prints integers of any length as they came', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(10n ** 40n), max: 10n ** 40n }), (integer) => {
        expect(printJson(parseJson(`[${integer}]`), 0)).to.equal(`[${integer}]`);
      }),
    );
  });
});
