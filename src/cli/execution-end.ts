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

/** A resource is polled again after a tenth of the time that it was awaited, within these bounds. */
const MIN_POLL_MS = 50;
const MAX_POLL_MS = 2_000;

type EndOptions<T> = {
  /** Its name, such as `Execution 8`, and the command that shows it. */
  readonly awaited: { readonly name: string; readonly command: string };
  readonly get: () => Promise<T>;
  readonly hasEnded: (resource: T) => boolean;
  readonly forMs: number;
  /** Prints the progress when it changes. */
  readonly progress?: { readonly text: (resource: T) => string; readonly note: (line: string) => void };
};

/**
 * Polls a resource until it has ended or the time is over, and returns its last state.
 * @throws Error that names the resource and the command that shows it, if it can't be polled
 */
export const awaitEnd = async <T>(first: T, options: EndOptions<T>): Promise<T> => {
  const { get, hasEnded, forMs, progress, awaited } = options;
  const startMs = Date.now();
  const untilMs = startMs + forMs;
  let resource = first;
  let noted: string | undefined;
  while (!hasEnded(resource) && Date.now() < untilMs) {
    const text = progress?.text(resource);
    if (text !== undefined && text !== noted) progress?.note(text);
    noted = text;
    const nowMs = Date.now();
    await sleep(Math.min(Math.max(MIN_POLL_MS, (nowMs - startMs) / 10), MAX_POLL_MS, untilMs - nowMs));
    try {
      resource = await get();
    } catch (error) {
      if (error instanceof Error)
        error.message += `\n  ${awaited.name} was started and may continue. Check it with: \`${awaited.command}\``;
      throw error;
    }
  }
  return resource;
};
