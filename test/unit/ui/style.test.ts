import { readdirSync, readFileSync } from 'node:fs';
import { expect } from 'chai';

const FOLDER = new URL('../../../ui/src/style/', import.meta.url);

const texts = readdirSync(FOLDER)
  .filter((name) => name.endsWith('.css'))
  .map((name) => readFileSync(new URL(name, FOLDER), 'utf8'))
  .join('\n');

describe('the style of the page', () => {
  it('has four sizes of type, and code beside its text', () => {
    const used = new Set([...texts.matchAll(/font-size: ([^;]+);/g)].map(([, size]) => size));
    const tokens = [...texts.matchAll(/(--size-[a-z]+): /g)].map(([, name]) => `var(${name})`);
    expect(tokens).to.have.lengthOf(4);
    expect([...used]).to.have.members([...tokens, '0.9em']);
  });

  it('keeps resources apart by five sizes alone, on a grid of 8 pixels and its half', () => {
    const tokens = [...texts.matchAll(/(--space-\d): /g)].map(([, name]) => `var(${name})`);
    expect(tokens).to.have.lengthOf(5);
    const [half, ...whole] = [...texts.matchAll(/--space-\d: (\d+)px/g)].map(([, px]) => Number(px));
    expect(half).to.equal(4);
    expect(whole.filter((px) => px % 8 !== 0)).to.deep.equal([]);
    const kept = [...texts.matchAll(/(?:^|\s)(?:padding|margin|gap|row-gap|column-gap)[a-z-]*: ([^;]+);/g)];
    const used = new Set(
      kept.flatMap(([, values = '']) => values.replaceAll(/calc\(-1 \* (\S+)\)/g, '$1').split(/\s+/)),
    );
    // What only a screen reader reads lies beside what it belongs to.
    expect([...used].filter((size) => !tokens.includes(size))).to.have.members(['0', 'auto', '-1px']);
  });

  it('writes in four colors, and in those of the states', () => {
    const used = new Set(
      [...texts.matchAll(/(?:^|\s)color: (?!inherit|currentColor)([^;]+);/g)].map(([, color]) => color),
    );
    const ofText = ['--text', '--quiet', '--accent', '--on-accent'].map((name) => `var(${name})`);
    const ofStates = ['--good', '--bad', '--warn', '--busy', '--calm-fill', '--bad-fill'].map((name) => `var(${name})`);
    expect([...used].filter((color = '') => !ofText.includes(color) && !ofStates.includes(color))).to.deep.equal([]);
  });

  it('rounds corners by two sizes alone', () => {
    const used = new Set([...texts.matchAll(/border-radius: ([^;]+);/g)].flatMap(([, sizes = '']) => sizes.split(' ')));
    expect([...used].filter((size) => !/^var\(--radius(-[a-z]+)?\)$/.test(size))).to.have.members(['0', '50%', '99px']);
    expect([...texts.matchAll(/--radius[a-z-]*: /g)]).to.have.lengthOf(2);
  });
});
