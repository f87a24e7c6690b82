import { isAxiosError } from 'axios';

/** Runs a command. Prints an error as one line to stderr and sets the exit code. */
export const orFail = async (run: () => Promise<void>, exitCode = 1): Promise<void> => {
  try {
    await run();
  } catch (error) {
    process.stderr.write(`carillon: ${messageOf(error)}\n`);
    process.exitCode = exitCode;
  }
};

/** The message of an error; the problem's `detail` where the server answered with one. */
const messageOf = (error: unknown): string => {
  if (isAxiosError(error)) {
    const detail: unknown = error.response?.data?.detail;
    return typeof detail === 'string' ? detail : `the server could not be asked: ${error.message}`;
  }
  return error instanceof Error ? error.message : String(error);
};
