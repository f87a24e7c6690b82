import { messageOf } from './message-of.ts';

/** Runs a command. Prints an error as one line to stderr and sets the exit code to 1. */
export const orFail = async (run: () => Promise<void>): Promise<void> => {
  try {
    await run();
  } catch (error) {
    process.stderr.write(`carillon: ${messageOf(error)}\n`);
    process.exitCode = 1;
  }
};
