import { readdirSync, readFileSync } from 'node:fs';
import { expect } from 'chai';

const FOLDER = new URL('../../../ui/src/style/', import.meta.url);

describe('the style of the page', () => {
  it('has six sizes of type, and code beside its text', () => {
    const files = readdirSync(FOLDER).filter((name) => name.endsWith('.css'));
    const texts = files.map((name) => readFileSync(new URL(name, FOLDER), 'utf8')).join('\n');
    const used = new Set([...texts.matchAll(/font-size: ([^;]+);/g)].map(([, size]) => size));
    const tokens = [...texts.matchAll(/(--size-[a-z]+): /g)].map(([, name]) => `var(${name})`);
    expect(tokens).to.have.lengthOf(6);
    expect([...used]).to.have.members([...tokens, '0.9em']);
  });
});
