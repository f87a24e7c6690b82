import { parentPort, workerData } from 'node:worker_threads';
import { Problem } from '../../client/src/problem.ts';
import type { FromThread, ThreadData, ToThread } from './heartbeats.ts';
import { createQueueApi, type HeartbeatResponse, isLaterPossible } from './queue-api.ts';

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

type SentWork = { readonly executionId: number; readonly token: string; readonly progress?: unknown };

/** What one request can hold: the service takes 256 KiB and 1,000 runs. */
const MAX_REQUEST_CHARACTERS = 100_000;
const MAX_RUNNING = 1_000;

/** The runs of each request. A request without runs tells that the worker is there. */
const requestsOf = (all: readonly SentWork[]): readonly (readonly SentWork[])[] => {
  const requests: SentWork[][] = [[]];
  let characters = 0;
  for (const each of all) {
    const length = JSON.stringify(each).length;
    const current = requests.at(-1);
    if (current !== undefined && current.length < MAX_RUNNING && characters + length <= MAX_REQUEST_CHARACTERS) {
      current.push(each);
      characters += length;
    } else {
      requests.push([each]);
      characters = length;
    }
  }
  return requests;
};

const isRejection = (error: unknown): boolean => error instanceof Problem && !isLaterPossible(error);

/** Sends the heartbeat of some runs. If it is rejected, sends it again without progress, so that no run loses its lease. */
const sendRequest = async (running: readonly SentWork[]): Promise<void> => {
  let response: HeartbeatResponse;
  try {
    response = await beat({ worker: identity, running });
  } catch (error) {
    if (!isRejection(error) || running.every(({ progress }) => progress === undefined)) throw error;
    tellError('Progress was rejected', error);
    response = await beat({
      worker: identity,
      running: running.map(({ executionId, token: ofWork }) => ({ executionId, token: ofWork })),
    });
  }
  // The response may come after another attempt of an execution has begun, which it is not about.
  const named = (ids: readonly number[]) =>
    running
      .filter(({ executionId }) => ids.includes(executionId))
      .map(({ executionId, token: ofWork }) => ({ executionId, token: ofWork }));
  tell({ response: { cancel: named(response.cancel), lost: named(response.lost) } });
};

const tellError = (what: string, error: unknown): void =>
  tell({
    error: `${what}: ${error instanceof Error ? error.message : String(error)}`,
    isRejection: isRejection(error),
  });

const sendBeat = async (): Promise<void> => {
  if (isBeating) return;
  isBeating = true;
  const startedMs = Date.now();
  const sent = [...running].map(([executionId, each]): SentWork => {
    const progress = each.hasChanged ? { progress: each.progress } : {};
    each.hasChanged = false;
    return { executionId, token: each.token, ...progress };
  });
  let hasFailed = false;
  for (const request of requestsOf(sent)) {
    try {
      await sendRequest(request);
    } catch (error) {
      hasFailed = true;
      for (const { executionId, ...each } of request) {
        const again = running.get(executionId);
        if (again !== undefined && 'progress' in each) again.hasChanged = true;
      }
      tellError('A heartbeat failed', error);
    }
  }
  isBeating = false;
  if (hasFailed) beatAt(Date.now() + Math.min(RETRY_MS, intervalMs()));
  // A worker without work is seen by its takes.
  else if (sent.length > 0 || running.size > 0) beatAt(startedMs + intervalMs());
  else dueAtMs = Number.POSITIVE_INFINITY;
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
