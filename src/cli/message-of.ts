import { isAxiosError } from 'axios';

/** What went wrong, as the server put it where it answered. */
export const messageOf = (error: unknown): string => {
  if (isAxiosError(error)) {
    const detail: unknown = error.response?.data?.detail;
    return typeof detail === 'string' ? detail : `the server could not be asked: ${error.message}`;
  }
  return error instanceof Error ? error.message : String(error);
};
