import { expect } from 'chai';
import { createPhraseFinder, findLongSentences, readPhrases, textsOfPage, textsOfSource } from '../../support/words.ts';

const DICTIONARY =
  '# A page\n\n| instead of | write |\n| --- | --- |\n| `anew`, `once more` | again |\n| says | states |\n\nEnd.';
const find = createPhraseFinder(readPhrases(DICTIONARY));
const prose = (text: string) => ({ line: 1, text, isProse: true });

describe('words', () => {
  it('reads the phrases in code style from the dictionary', () => {
    expect(readPhrases(DICTIONARY)).to.deep.equal([
      { phrase: 'anew', instead: 'again' },
      { phrase: 'once more', instead: 'again' },
    ]);
  });

  it('finds a phrase in any case and across lines, but not within a word', () => {
    const found = find({ line: 7, text: 'Anew: it reads once\nmore. Renewed, anew-ish.', isProse: true });
    expect(found).to.deep.equal([
      { line: 7, found: 'anew', advice: 'write: again' },
      { line: 7, found: 'once more', advice: 'write: again' },
    ]);
  });

  it('reads a page without its code, and takes tables and headings as no prose', () => {
    const page =
      '# Built anew\n\nText `anew`\nand [link](anew.md).\n\n```sh\nanew\n```\n\n| a |\n| --- |\n| b |\n\n- item\n';
    expect(textsOfPage(page)).to.deep.equal([
      { line: 1, text: 'Built anew', isProse: false },
      { line: 3, text: 'Text `…`\nand link.', isProse: true },
      { line: 10, text: 'a', isProse: false },
      { line: 12, text: 'b', isProse: false },
      { line: 14, text: 'item', isProse: true },
    ]);
  });

  it('reads literals, templates and JSX texts, but no names, paths, SQL and comments', () => {
    const source =
      "// a comment\nconst name = 'One';\nconst path = 'some-file.ts';\nsql.type(row)`FROM t WHERE ${'A b'}`;\nconst two = `two ${name}`;\nexport const Part = () => <p title=\"Three\">four's</p>;\n";
    expect(textsOfSource(source, { isTsx: true }).map(({ line, text }) => [line, text])).to.deep.equal([
      [2, "'One'"],
      [4, "'A b'"],
      [5, 'two '],
      [6, '"Three"'],
      [6, "four's"],
    ]);
  });

  it('finds a sentence of more than 30 words, with its line', () => {
    const words = (count: number): string => Array.from({ length: count }, () => 'word').join(' ');
    expect(findLongSentences(prose(`${words(30)}. ${words(30)} (1.5 "s").`))).to.have.length(1);
    expect(findLongSentences(prose(`${words(30)}. ${words(29)}!\nEnd.`))).to.deep.equal([]);
    expect(findLongSentences(prose(`Short.\n${words(31)}.`)).map(({ line }) => line)).to.deep.equal([2]);
    expect(findLongSentences({ ...prose(words(31)), isProse: false })).to.deep.equal([]);
  });
});
