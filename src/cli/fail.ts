import { isAxiosError } from 'axios';

/** Runs a verb of the command line; what keeps it from its end is said in one line, and the exit code is 1. */
export const orFail = async (run: () => Promise<void>): Promise<void> => {
  try {
    await run();
  } catch (error) {
    process.stderr.write(`carillon: ${messageOf(error)}\n`);
    process.exitCode = 1;
  }
};

const messageOf = (error: unknown): string => {
  if (isAxiosError(error)) {
    const detail: unknown = error.response?.data?.detail;
    return typeof detail === 'string' ? detail : `the server could not be asked: ${error.message}`;
  }
  return error instanceof Error ? error.message : String(error);
};
