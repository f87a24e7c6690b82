import { Worker } from 'node:worker_threads';
import type { HeartbeatResponse, QueueAddress, Work, WorkerIdentity } from './queue-api.ts';

/** What the thread is told. */
export type ToThread =
  | { readonly type: 'token'; readonly token: string }
  | { readonly type: 'begun'; readonly work: Pick<Work, 'executionId' | 'token' | 'leaseMs'> }
  | { readonly type: 'progress'; readonly executionId: number; readonly progress: unknown }
  | { readonly type: 'ended'; readonly work: Pick<Work, 'executionId' | 'token'> };

/** An attempt that a heartbeat named. */
export type HeldWork = Pick<Work, 'executionId' | 'token'>;
/** Attempts to cancel, and those that the worker has no longer. */
type HeldAnswer = Readonly<Record<keyof HeartbeatResponse, readonly HeldWork[]>>;

/** What the thread tells: the response to a heartbeat, or why there was none. */
export type FromThread = { readonly response: HeldAnswer } | { readonly error: string; readonly isRejection: boolean };

export type ThreadData = Pick<QueueAddress, 'url' | 'queue'> & {
  readonly token: string;
  readonly identity: WorkerIdentity;
};

/** Heartbeats for all work of a process, from a thread: they continue while a handler blocks the event loop. */
export type Heartbeats = {
  send(message: ToThread): void;
  stop(): Promise<void>;
};

export type HeartbeatOptions = ThreadData & {
  readonly onResponse: (response: HeldAnswer) => void;
  /** Called with the error of each request without a response. */
  readonly onFailure: (error: unknown) => void;
  /** Called with the error of each rejected request, and with those of the thread itself. */
  readonly onError: (error: unknown) => void;
};

export const startHeartbeats = ({ onResponse, onFailure, onError, ...data }: HeartbeatOptions): Heartbeats => {
  const file = `./heartbeat-thread${/\.\w+$/.exec(import.meta.url)?.[0] ?? '.js'}`;
  const thread = new Worker(new URL(file, import.meta.url), { workerData: data satisfies ThreadData });
  thread.on('message', (message: FromThread) => {
    if ('response' in message) onResponse(message.response);
    else (message.isRejection ? onError : onFailure)(new Error(message.error));
  });
  thread.on('error', onError);
  return {
    send: (message) => thread.postMessage(message),
    stop: async () => void (await thread.terminate()),
  };
};
