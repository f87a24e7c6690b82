import { readFileSync } from 'node:fs';
import { expect } from 'chai';

const root = new URL('../../../', import.meta.url);
const textOf = (file: string): string => readFileSync(new URL(file, root), 'utf8');

describe('SECURITY.md', () => {
  const rows = [...textOf('SECURITY.md').matchAll(/^\| ([^|]+) \| (test\/\S+\.ts) \| ([^|]+) \|$/gm)];

  it('names a test for each threat', () => {
    expect(rows.length).to.be.above(25);
  });
  for (const [, threat = '', file = '', title = ''] of rows) {
    it(`names a test that is there: ${threat}`, () => {
      expect(textOf(file)).to.contain(title);
    });
  }
});
