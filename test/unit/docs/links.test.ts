import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { placeOf, sitePages } from '../../../scripts/docs/site.ts';

/** Tables that are looked up, and the map of the code: longer than what is read in one go. */
const LONG = [
  'docs/architecture.md',
  'docs/glossary.md',
  'docs/reference/codes.md',
  'docs/reference/commands.md',
  'docs/reference/permissions.md',
];
const MAX_WORDS = 2_000;

const PAGES = sitePages();
const PLACES = new Map([...PAGES].map(([file, { html }]) => [placeOf(file), html]));
const LINK = /(?:href|src)="(?![a-z]+:)([^"#]*)(?:#([^"]*))?"/g;

describe('links between pages', () => {
  for (const [file, { html }] of PAGES) {
    it(`lead somewhere: ${file}`, () => {
      const broken = [...html.matchAll(LINK)].flatMap(([link, to = '', anchor]) => {
        const place = to === '' ? placeOf(file) : path.join(path.dirname(file), decodeURI(to));
        const page = PLACES.get(place);
        if (page === undefined) return existsSync(place) ? [] : [link];
        return anchor === undefined || page.includes(`id="${decodeURI(anchor)}"`) ? [] : [link];
      });
      expect(broken).to.deep.equal([]);
    });
  }
});

describe('pages of docs/', () => {
  const pages = [...PAGES.keys()].filter((file) => /^docs\/(?!adr\/|schemas\/)/.test(file)).toSorted();

  it(`are of at most ${MAX_WORDS} words`, () => {
    const long = pages.filter((file) => readFileSync(file, 'utf8').split(/\s+/).length > MAX_WORDS);
    expect(long).to.deep.equal(LONG);
  });

  it('are all in the table of contents', () => {
    const others = pages.filter((file) => file !== 'docs/README.md');
    expect(PAGES.get('docs/README.md')?.links).to.include.members(others);
  });
});
