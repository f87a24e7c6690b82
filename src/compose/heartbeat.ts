import { poll } from '../runtime/poll.ts';
import { createOutageLog } from '../runtime/retry.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { abortOnSignal } from '../runtime/timeout.ts';

export const HEARTBEAT_EVERY_MS = 30_000;
const ANSWER_MS = 10_000;

type HeartbeatOptions = {
  readonly url: string;
  /** Whether claims, the log and the read models make progress. */
  readonly makesProgress: () => Promise<boolean>;
  readonly fetch: typeof globalThis.fetch;
  readonly world: Runtime;
};

/**
 * Calls an external watch every 30 s while this process makes progress. If the calls stop, the watch notifies the operator,
 * even if this process can't.
 */
export const startHeartbeat = ({ url, makesProgress, fetch, world }: HeartbeatOptions): { stop(): Promise<void> } => {
  const stopping = new AbortController();
  const { signal } = stopping;
  const outage = createOutageLog(world.log, 'calls of HEARTBEAT_URL');

  const beat = async (): Promise<void> => {
    if (!(await makesProgress())) return;
    try {
      const { ok, status } = await abortOnSignal(world.timers, ANSWER_MS, (late) =>
        fetch(url, { signal: AbortSignal.any([signal, late]) }),
      );
      if (!ok) throw new Error(`HTTP ${status}`);
      outage.worked();
    } catch (error) {
      if (!signal.aborted) outage.failed(error);
    }
  };

  const running = poll(beat, { timers: world.timers, everyMs: HEARTBEAT_EVERY_MS, signal });
  return {
    stop: async () => {
      stopping.abort();
      await running;
    },
  };
};
