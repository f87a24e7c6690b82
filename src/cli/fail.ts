import { plain } from '../runtime/text.ts';

/**
 * Exit codes beside 0, as docs/reference/exit-codes.md explains them: the answer is no, and what was asked for was not done. Where
 * a command is asked by its code whether something would change, that it would is 2, and that it was not done is 1.
 */
export const EXIT = { no: 1, notDone: 2, changes: 2, notTold: 1 } as const;

/** What a command was to check is not so. */
export class CheckFailed extends Error {}

/** What a command reads and writes; the process where it is a command of its own. */
export type Terminal = {
  readonly stdout: {
    readonly isTTY?: boolean;
    readonly columns?: number;
    readonly rows?: number;
    write(text: string): unknown;
  };
  readonly stderr: { write(text: string): unknown };
  readonly stdin: AsyncIterable<string | Buffer> & { readonly isTTY?: boolean; setRawMode?(isRaw: boolean): unknown };
  readonly env: NodeJS.ProcessEnv;
  exitCode?: number | string | null | undefined;
};

/** Runs a command. Prints an error to stderr and sets the exit code. */
export const runOrExit = async (
  run: () => Promise<void>,
  terminal: Pick<Terminal, 'stderr' | 'exitCode'> = process,
  notDone: number = EXIT.notDone,
): Promise<void> => {
  try {
    await run();
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    terminal.stderr.write(`carillon: ${message.split('\n').map(plain).join('\n')}\n`);
    terminal.exitCode = error instanceof CheckFailed ? EXIT.no : notDone;
  }
};
