import { isAxiosError } from 'axios';

/** The message of an error; the problem's `detail` where the server answered with one. */
export const messageOf = (error: unknown): string => {
  if (isAxiosError(error)) {
    const detail: unknown = error.response?.data?.detail;
    return typeof detail === 'string' ? detail : `the server could not be asked: ${error.message}`;
  }
  return error instanceof Error ? error.message : String(error);
};
