import { expect } from 'chai';
import fc from 'fast-check';
import { DomainError } from '../../../src/domain/domain-error.ts';
import { checkJsonSize } from '../../../src/domain/json.ts';

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
