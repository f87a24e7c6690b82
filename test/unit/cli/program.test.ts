import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { expect } from 'chai';
import type { Command } from 'commander';
import { program, runProgram } from '../../../src/cli/program.ts';

const run = promisify(execFile);

/** Prints the files that are loaded by a command, each as it is loaded. */
const SPY = `
  import { registerHooks } from 'node:module';
  registerHooks({ load: (url, context, next) => { if (url.startsWith('file:')) console.error(url); return next(url, context); } });
`;
const MAIN = new URL('../../../src/main.ts', import.meta.url);

describe('what a command loads', () => {
  /** The packages that it loads, and how many files, with nobody at the address of its server. */
  const loadedBy = async (...words: readonly string[]) => {
    const spy = `data:text/javascript,${encodeURIComponent(SPY)}`;
    const env = { ...process.env, CARILLON_SERVER: 'http://127.0.0.1:9', CARILLON_TOKEN: 'none' };
    const { stderr } = await run(process.execPath, ['--import', spy, MAIN.pathname, ...words], { env }).catch(
      (error: { readonly stderr: string }) => error,
    );
    const files = stderr.split('\n').filter((line) => line.startsWith('file:'));
    expect(stderr, words.join(' ')).to.include('ECONNREFUSED');
    return {
      files: files.length,
      packages: new Set(files.flatMap((file) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file)?.slice(1) ?? [])),
    };
  };

  it('is the words of all commands, what it needs itself, and no package but the one that reads words', async () => {
    const verbs = [
      ['jobs', 'list'],
      ['explain', 'crm/pay', '--slot', '2026-03-29T02:30:00Z'],
    ];
    for (const { files, packages } of await Promise.all(verbs.map((words) => loadedBy(...words)))) {
      expect([...packages]).to.deep.equal(['commander']);
      expect(files).to.be.below(55);
    }
  });
});

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
