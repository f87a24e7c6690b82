import type { Execution } from '../../packages/client/src/schema.ts';
import { plain } from '../runtime/text.ts';
import { took } from './table.ts';

export const hasEnded = ({ status }: Execution): boolean => status !== 'pending' && status !== 'running';

/** `succeeded in 340 ms (HTTP 200)`, `failed after 340 ms: HTTP_503: …`, `is pending`. */
export const endOf = (execution: Execution): string => {
  const { status, durationMs: ms, error, result } = execution;
  if (!hasEnded(execution)) return `is ${status}`;
  const verb = status === 'cancelled' ? 'was cancelled' : status;
  const duration = ms === null ? '' : ` ${status === 'succeeded' ? 'in' : 'after'} ${took(ms)}`;
  const response = result === undefined ? '' : ` (HTTP ${result.status})`;
  return verb + duration + (error === undefined ? response : plain(`: ${error.code}: ${error.message}`));
};
