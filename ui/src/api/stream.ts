/** Jobs with changed definitions, and jobs with new slots or executions. */
export type Happened = { readonly definitions: ReadonlySet<number>; readonly runs: ReadonlySet<number> };

/** A message to a tab: the state of the stream, or new events. */
export type StreamMessage = { readonly isOpen: boolean } | { readonly happened: Happened };

/** A tab's message: whether it follows the stream. */
export type FollowerMessage = 'follow' | 'leave';

let worker: SharedWorker | undefined;

/** Returns whether this browser can share a stream between tabs. */
export const canShareStream = (): boolean => 'SharedWorker' in window;

/** Follows the shared event stream. @returns a function that stops following */
export const followStream = (hear: (message: StreamMessage) => void): (() => void) => {
  worker ??= new SharedWorker(new URL('./stream-worker.ts', import.meta.url), { type: 'module', name: 'carillon' });
  const { port } = worker;
  const say = (message: FollowerMessage) => port.postMessage(message);
  port.onmessage = ({ data }: MessageEvent<StreamMessage>) => hear(data);
  say('follow');
  return () => {
    say('leave');
    port.onmessage = null;
  };
};
