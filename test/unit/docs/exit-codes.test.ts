import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import type { Command } from 'commander';
import { EXIT } from '../../../src/cli/fail.ts';
import { program } from '../../../src/cli/program.ts';

const PAGE = readFileSync('docs/reference/exit-codes.md', 'utf8');
const ROWS = [...PAGE.matchAll(/^\| (`carillon |\[bulk changes\].*?`carillon )([^`]+)`.*? \| (.*) \|$/gm)].map(
  ([, kind = '', words = '', meaning = '']) => ({ isBulk: kind.startsWith('['), words, meaning }),
);

type Leaf = { readonly words: string; readonly flags: readonly string[] };

const leavesOf = (command: Command, words: readonly string[]): Leaf[] => [
  ...command.commands.flatMap((each) => leavesOf(each, [...words, each.name()])),
  { words: words.join(' '), flags: command.options.flatMap(({ long }) => long ?? []) },
];
const LEAVES = leavesOf(program, []);

/** With these options, a command can have a negative result. */
const CHECKING = ['--wait', '--exit-code', '--verify'];

describe('the page of exit codes', () => {
  it('states the codes of the command line', () => {
    expect(EXIT).to.deep.equal({ no: 1, notDone: 2, changes: 2, notTold: 1 });
    expect(PAGE).to.match(/0 is success\. 2 is a failure:[^.]*\. 1 is a negative result/);
  });

  it('names commands and options that exist', () => {
    expect(ROWS.length).to.equal(
      PAGE.split('\n').filter((line) => line.startsWith('| `') || line.startsWith('| [')).length,
    );
    for (const { words, meaning } of ROWS) {
      const leaf = LEAVES.find((each) => each.words === words);
      expect(leaf, words).to.be.an('object');
      for (const [, flag = ''] of meaning.matchAll(/`(--[a-z-]+)`/g)) expect(leaf?.flags, words).to.include(flag);
    }
  });

  it('has each command that can check something, with the option', () => {
    for (const { words, flags } of LEAVES) {
      const isBulk = flags.includes('--all');
      for (const flag of CHECKING.filter((each) => flags.includes(each))) {
        const row =
          ROWS.find((each) => each.words === words) ?? (isBulk ? ROWS.find((each) => each.isBulk) : undefined);
        expect(row?.meaning, `${words} ${flag}`).to.include(flag);
      }
    }
  });
});
