import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import type { Command } from 'commander';
import { program, runProgram } from '../../../src/cli/program.ts';

const EXIT_CODES = readFileSync(new URL('../../../docs/reference/exit-codes.md', import.meta.url), 'utf8');

/** The words of each command that does something. */
const wordsOf = (command: Command): string[][] =>
  command.commands.length === 0
    ? [[command.name()]]
    : command.commands.flatMap((each) => wordsOf(each).map((words) => [command.name(), ...words]));

const silence = (command: Command): void => {
  command.configureOutput({ writeErr: () => {}, writeOut: () => {} });
  for (const each of command.commands) silence(each);
};

const exitCodeOf = async (...args: readonly string[]): Promise<unknown> => {
  await runProgram(args);
  const { exitCode } = process;
  process.exitCode = undefined;
  return exitCode;
};

describe('the carillon command', () => {
  before(() => silence(program));

  it('has its commands in the table of exit codes, in its own order, if they end with 1', () => {
    const named = [...EXIT_CODES.matchAll(/^\| `([^`]+)` \|/gm)].map(([, command]) => command);
    const commands = wordsOf(program).map((words) => words.join(' '));
    expect(named).to.deep.equal(commands.filter((command) => named.includes(command)));
  });

  it('reports a wrong usage like other errors, with a hint to the help', async () => {
    const written: string[] = [];
    program.configureOutput({ writeErr: (text) => written.push(text) });
    await exitCodeOf('no-such-command');
    silence(program);
    expect(written.join('')).to.equal(
      "carillon: unknown command 'no-such-command'\n  To see what the command accepts, add --help.\n",
    );
  });

  it('ends with 2 wherever it is put wrong, and with 0 if it explains itself', async () => {
    for (const [, ...words] of [['carillon'], ...wordsOf(program)]) {
      expect(await exitCodeOf(...words, '--no-such-option'), words.join(' ')).to.equal(2);
      expect(await exitCodeOf(...words, '--help'), words.join(' ')).to.equal(0);
    }
    expect(await exitCodeOf('no-such-command')).to.equal(2);
    expect(await exitCodeOf()).to.equal(2);
  });
});
