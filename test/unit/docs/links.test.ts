import { existsSync, globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';

const PAGES = [...globSync('{*,docs/**/*,ui/*,bench/*,examples/**/*}.md')].toSorted();
const LINK = /\]\((?![a-z]+:)([^)\s#]*)(#[^)\s]*)?\)/g;
/** Tables that are looked up, and the map of the code: longer than what is read in one go. */
const LONG = ['docs/architecture.md', 'docs/glossary.md', 'docs/reference/codes.md'];
const MAX_WORDS = 2_000;

const withoutCode = (text: string): string => text.replaceAll(/^ *```[\s\S]*?^ *```$/gm, '');

/** The anchors of a page's headings, as GitHub names them. */
const anchorsOf = (file: string): string[] =>
  [...withoutCode(readFileSync(file, 'utf8')).matchAll(/^#+ (.*)$/gm)].map(
    ([, heading = '']) =>
      `#${heading
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N}\- _]/gu, '')
        .replaceAll(' ', '-')}`,
  );

describe('links between pages', () => {
  for (const page of PAGES) {
    it(`lead somewhere: ${page}`, () => {
      const broken = [...withoutCode(readFileSync(page, 'utf8')).matchAll(LINK)].filter(([, to = '', anchor]) => {
        const file = to === '' ? page : path.join(path.dirname(page), to);
        return !existsSync(file) || (anchor !== undefined && !anchorsOf(file).includes(anchor));
      });
      expect(broken.map(([link]) => link)).to.deep.equal([]);
    });
  }
});

describe('pages of docs/', () => {
  const pages = PAGES.filter((page) => page.startsWith('docs/') && !page.startsWith('docs/adr/'));

  it(`are of at most ${MAX_WORDS} words`, () => {
    const long = pages.filter((page) => readFileSync(page, 'utf8').split(/\s+/).length > MAX_WORDS);
    expect(long).to.deep.equal(LONG);
  });

  it('are all in the table of contents', () => {
    const contents = readFileSync('docs/README.md', 'utf8');
    const listed = [...contents.matchAll(LINK)].map(([, to = '']) => path.join('docs', to));
    expect(pages.filter((page) => page !== 'docs/README.md' && !listed.includes(page))).to.deep.equal([]);
  });
});
