import { expect } from 'chai';
import { hasWords, wordsIn } from '../../../src/domain/words.ts';

describe('words', () => {
  it('are letters, digits and underscores in a row, each once, in lower case', () => {
    expect(wordsIn('connect ECONNREFUSED 10.0.0.7:8080')).to.deep.equal([
      'connect',
      'econnrefused',
      '10',
      '0',
      '7',
      '8080',
    ]);
    expect(wordsIn('HTTP_503: Das Größte, das größte')).to.deep.equal(['http_503', 'das', 'größte']);
    expect(wordsIn('\ud800 …')).to.deep.equal([]);
  });

  it('are cut after 64 characters, and not within one', () => {
    expect(wordsIn('𝒳'.repeat(70))).to.deep.equal(['𝒳'.repeat(64)]);
  });

  it('are missing in some texts', () => {
    expect([' … ', 'no', '7'].map(hasWords)).to.deep.equal([false, true, true]);
  });
});
