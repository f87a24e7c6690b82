import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { codesDocument } from '../../../scripts/docs/codes.ts';

describe('docs/reference/codes.md', () => {
  it('says what the codes say of themselves: npm run codes', () => {
    const document = readFileSync(new URL('../../../docs/reference/codes.md', import.meta.url), 'utf8');
    expect(document).to.equal(codesDocument());
  });
});
