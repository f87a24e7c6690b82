import { plain } from '../runtime/text.ts';

/**
 * Exit codes beside 0, as in docs/reference/exit-codes.md: a check failed, and the command failed. For commands that report
 * by exit code whether something would change, 2 means changes and 1 a failure.
 */
export const EXIT = { no: 1, notDone: 2, changes: 2, notTold: 1 } as const;

/** A check had a negative result. */
export class CheckFailed extends Error {}

/** The input and output of a command; the process, if the command runs in its own. */
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
  terminal: Terminal = process,
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
