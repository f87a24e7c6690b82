import { Readable } from 'node:stream';
import { Command } from 'commander';
import { addCommands } from '../../src/cli/add-commands.ts';
import type { Terminal } from '../../src/cli/fail.ts';
import { runProgram } from '../../src/cli/program.ts';

export type CarillonGiven = {
  readonly stdin?: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly isTTY?: boolean;
  /** Height of the terminal. */
  readonly rows?: number;
};

export type CommandResult = { readonly code: number | string; readonly out: string; readonly err: string };

/** Runs a command line of `carillon` as its process would, with a terminal of 200 columns. */
export const runCarillon = async (
  { stdin = '', env = {}, isTTY = false, rows }: CarillonGiven,
  ...args: readonly string[]
): Promise<CommandResult> => {
  const [out, err]: [string[], string[]] = [[], []];
  const terminal: Terminal = {
    stdout: { isTTY, columns: 200, ...(rows === undefined ? {} : { rows }), write: (text: string) => out.push(text) },
    stderr: { write: (text: string) => err.push(text) },
    stdin: Object.assign(Readable.from([Buffer.from(stdin)]), { isTTY }),
    env,
  };
  const root = new Command('carillon').exitOverride();
  root.configureOutput({ writeOut: (text) => out.push(text), writeErr: (text) => err.push(text) });
  addCommands(root, terminal);
  await runProgram(args, root, terminal);
  return { code: terminal.exitCode ?? 0, out: out.join(''), err: err.join('') };
};
