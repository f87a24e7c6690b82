import { messageOf } from './message-of.ts';

/** Runs a verb of the command line; what keeps it from its end is said in one line, and the exit code is 1. */
export const orFail = async (run: () => Promise<void>): Promise<void> => {
  try {
    await run();
  } catch (error) {
    process.stderr.write(`carillon: ${messageOf(error)}\n`);
    process.exitCode = 1;
  }
};
