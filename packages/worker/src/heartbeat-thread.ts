import { parentPort, workerData } from 'node:worker_threads';
import type { FromThread, ThreadData, ToThread } from './heartbeats.ts';
import { createQueueApi } from './queue-api.ts';

/** The thread of `startHeartbeats`. */

const MAX_INTERVAL_MS = 10_000;
const RETRY_MS = 1_000;

type Running = { readonly token: string; readonly leaseMs: number; progress?: unknown; hasChanged: boolean };

const { url, queue, identity, token: firstToken }: ThreadData = workerData;
let token = firstToken;
const { beat } = createQueueApi({ url, queue, token: () => token });
const running = new Map<number, Running>();
let dueAtMs = Number.POSITIVE_INFINITY;
let timer: NodeJS.Timeout | undefined;
let isBeating = false;

const tell = (message: FromThread): void => parentPort?.postMessage(message);

/** Three heartbeats fit in the shortest lease, so that one may be lost. */
const intervalMs = (): number =>
  Math.min(MAX_INTERVAL_MS, ...[...running.values()].map(({ leaseMs }) => Math.floor(leaseMs / 3)));

const beatAt = (atMs: number): void => {
  dueAtMs = atMs;
  clearTimeout(timer);
  timer = setTimeout(sendBeat, Math.max(0, dueAtMs - Date.now()));
};

const sendBeat = async (): Promise<void> => {
  if (isBeating) return;
  isBeating = true;
  const startedMs = Date.now();
  const sent = [...running].map(([executionId, each]) => {
    const progress = each.hasChanged ? { progress: each.progress } : {};
    each.hasChanged = false;
    return { executionId, token: each.token, ...progress };
  });
  try {
    const { cancel, lost } = await beat({ worker: identity, running: sent });
    // The response may come after another attempt of an execution has begun, which it is not about.
    const named = (ids: readonly number[]) =>
      sent
        .filter(({ executionId }) => ids.includes(executionId))
        .map(({ executionId, token: ofWork }) => ({ executionId, token: ofWork }));
    tell({ response: { cancel: named(cancel), lost: named(lost) } });
    isBeating = false;
    // A worker without work is seen by its takes.
    if (sent.length > 0 || running.size > 0) beatAt(startedMs + intervalMs());
    else dueAtMs = Number.POSITIVE_INFINITY;
  } catch (error) {
    for (const { executionId, ...each } of sent) {
      const again = running.get(executionId);
      if (again !== undefined && 'progress' in each) again.hasChanged = true;
    }
    tell({ error: `A heartbeat failed: ${error instanceof Error ? error.message : String(error)}` });
    isBeating = false;
    beatAt(Date.now() + Math.min(RETRY_MS, intervalMs()));
  }
};

parentPort?.on('message', (message: ToThread) => {
  switch (message.type) {
    case 'token':
      token = message.token;
      return;
    case 'begun': {
      const { executionId, ...work } = message.work;
      running.set(executionId, { ...work, hasChanged: false });
      if (!isBeating) beatAt(Math.min(dueAtMs, Date.now() + intervalMs()));
      return;
    }
    case 'progress': {
      const each = running.get(message.executionId);
      if (each === undefined) return;
      each.progress = message.progress;
      each.hasChanged = true;
      return;
    }
    case 'ended': {
      const { executionId, token } = message.work;
      if (running.get(executionId)?.token === token) running.delete(executionId);
    }
  }
});
