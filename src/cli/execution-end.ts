import type { Execution } from '../client/schema.ts';
import { plain } from '../runtime/plain.ts';
import { took } from './table.ts';

export const hasEnded = ({ status }: Execution): boolean => status !== 'pending' && status !== 'running';

/** `succeeded: 200 after 340 ms`, `failed: HTTP_503: …`, `is pending`. */
export const endOf = (execution: Execution): string => {
  const { status, durationMs: ms, error, result } = execution;
  if (!hasEnded(execution)) return `is ${status}`;
  const why = error === undefined ? result?.status : plain(`${error.code}: ${error.message}`);
  const said = status === 'cancelled' ? 'was cancelled' : status;
  return `${said}${why === undefined ? '' : `: ${why}`}${ms === null ? '' : ` after ${took(ms)}`}`;
};
