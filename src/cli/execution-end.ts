import { setTimeout as sleep } from 'node:timers/promises';
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
  const response = result?.taskType === 'HttpInvokerTask' ? ` (HTTP ${result.status})` : '';
  return verb + duration + (error === undefined ? response : plain(`: ${error.code}: ${error.message}`));
};

const POLL_INTERVAL_MS = 500;

type EndOptions<T> = {
  readonly get: () => Promise<T>;
  readonly hasEnded: (resource: T) => boolean;
  readonly forMs: number;
  /** Prints the progress when it changes. */
  readonly progress?: { readonly text: (resource: T) => string; readonly note: (line: string) => void };
};

/** Polls a resource until it has ended or the time is over, and returns its last state. */
export const awaitEnd = async <T>(first: T, { get, hasEnded, forMs, progress }: EndOptions<T>): Promise<T> => {
  const untilMs = Date.now() + forMs;
  let resource = first;
  let noted: string | undefined;
  while (!hasEnded(resource) && Date.now() < untilMs) {
    const text = progress?.text(resource);
    if (text !== undefined && text !== noted) progress?.note(text);
    noted = text;
    await sleep(Math.min(POLL_INTERVAL_MS, untilMs - Date.now()));
    resource = await get();
  }
  return resource;
};
