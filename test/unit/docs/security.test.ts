import { readFileSync } from 'node:fs';
import { expect } from 'chai';

const root = new URL('../../../', import.meta.url);
const textOf = (file: string): string => readFileSync(new URL(file, root), 'utf8');

const LINE = /^\| ([^|]+) \| (test\/\S+\.test\.ts) \| `([^|`]+)` \|$/;
const [, threats = ''] = textOf('SECURITY.md').split('| --- | --- | --- |\n');
const lines = (threats.split('\n\n')[0] ?? '').split('\n');

/** A test that is defined with this title, and not left out. */
const definitionOf = (title: string): RegExp => {
  const quoted = title.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`\\b(?:it|describe\\w*)\\(\\s*(['"\`])${quoted}\\1`);
};

describe('SECURITY.md', () => {
  it('names a test for each threat', () => {
    expect(lines.length).to.be.above(50);
    expect(lines.filter((line) => !LINE.test(line))).to.deep.equal([]);
  });
  for (const line of lines) {
    const [, threat = '', file = '', title = ''] = LINE.exec(line) ?? [];
    it(`names a test that is there: ${threat}`, () => {
      expect(textOf(file)).to.match(definitionOf(title));
    });
  }
});
