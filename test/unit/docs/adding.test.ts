import { existsSync, globSync, readFileSync } from 'node:fs';
import { expect } from 'chai';

const adding = readFileSync('docs/adding.md', 'utf8');
const quotedIn = (text: string): string[] => [...text.matchAll(/`([^`\n]+)`/g)].map(([, quoted = '']) => quoted);

type Row = { readonly file: string; readonly parts: readonly string[] };
type List = { readonly title: string; readonly example: string; readonly rows: readonly Row[] };

/** The lists with an example: a heading, `Example: …`, and a table of files with what they hold. */
const lists = adding.split(/^## /m).flatMap((section): List[] => {
  const [, title = '', example] = /^(.*)\n\nExample: `([^`]+)`/.exec(section) ?? [];
  if (example === undefined) return [];
  const cells = section
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) => line.split(' | '));
  const rows = cells.map(([file = '', , parts = '']) => ({ file: quotedIn(file)[0] ?? '', parts: quotedIn(parts) }));
  return [{ title, example, rows }];
});

describe('docs/adding.md', () => {
  it('has lists for a field, a setting, a command and a version of an event', () => {
    expect(lists.map(({ title }) => title)).to.deep.equal([
      'A field of an execution',
      'A setting',
      'A command',
      'A version of an event',
    ]);
  });

  for (const { title, example, rows } of lists) {
    describe(title, () => {
      for (const { file, parts } of rows) {
        it(`is in ${file}`, () => {
          const text = readFileSync(file, 'utf8');
          expect(parts).to.have.length.above(0);
          expect(parts.filter((part) => !text.includes(part))).to.deep.equal([]);
        });
      }

      // The name of an event stands wherever its command and its readers do.
      if (title === 'A version of an event') return;
      it('names every file of the product that names its example', () => {
        const word = new RegExp(`\\b${example}\\b`);
        const naming = globSync(['src/**/*.ts', 'ui/src/**/*.{ts,tsx}'])
          .filter((file) => word.test(readFileSync(file, 'utf8')))
          .toSorted();
        expect(rows.map(({ file }) => file)).to.include.members(naming);
      });
    });
  }

  it('names files and folders that are there', () => {
    const named = quotedIn(adding).filter((each) => /^(src|test|docs|ui)\//.test(each));
    expect(named.filter((each) => !existsSync(each))).to.deep.equal([]);
  });
});
