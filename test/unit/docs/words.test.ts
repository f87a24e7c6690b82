import { globSync, readFileSync } from 'node:fs';
import { expect } from 'chai';
import {
  createPhraseFinder,
  type Finding,
  findLongSentences,
  readPhrases,
  type Text,
  textsOfPage,
  textsOfSource,
} from '../../support/words.ts';

/** Phrases that are right where they are. */
const EXCEPTIONS: readonly { readonly file: string; readonly phrase: string; readonly reason: string }[] = [
  { file: 'docs/reference/commands.md', phrase: 'audit anchor', reason: 'the name of a command' },
  { file: 'src/cli/command-specs.ts', phrase: 'audit anchor', reason: 'the name of a command' },
];

const FILES = globSync([
  '{*,docs/**/*,ui/*,bench/*,examples/**/*}.md',
  'src/**/*.ts',
  'ui/src/**/*.{ts,tsx}',
  'ops/**/*.{json,yaml,yml}',
]).toSorted();

const phrases = readPhrases(readFileSync('docs/writing.md', 'utf8'));
const findPhrases = createPhraseFinder(phrases);

const textsOf = (file: string, content: string): Text[] => {
  if (file.endsWith('.md')) return textsOfPage(content);
  const whole = { line: 1, text: content, isProse: false };
  if (!/\.tsx?$/.test(file)) return [whole];
  // Parsing takes time, and most files have none of the phrases, not even in a comment or a name.
  return findPhrases(whole).length === 0 ? [] : textsOfSource(content, { isTsx: file.endsWith('x') });
};

const findingsIn = (file: string): Finding[] => {
  const excepted = EXCEPTIONS.filter((exception) => exception.file === file).map(({ phrase }) => phrase);
  const texts = textsOf(file, readFileSync(file, 'utf8'));
  return texts
    .flatMap((text) => [...findPhrases(text), ...findLongSentences(text)])
    .filter(({ found }) => !excepted.includes(found));
};

describe('the words of docs, messages and the UI', () => {
  it('follow docs/writing.md', () => {
    const failures = FILES.flatMap((file) =>
      findingsIn(file).map(({ line, found, advice }) => `${file}:${line}: "${found}" (${advice})`),
    );
    expect(failures.join('\n')).to.equal('');
  });

  it('have a phrase for each exception', () => {
    const unused = EXCEPTIONS.filter(
      ({ file, phrase }) =>
        !createPhraseFinder(phrases)({ line: 1, text: readFileSync(file, 'utf8'), isProse: false }).some(
          ({ found }) => found === phrase,
        ),
    );
    expect(unused).to.deep.equal([]);
  });
});
