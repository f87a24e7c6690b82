/** What happened since: the jobs whose definitions changed, and those whose slots and executions did. */
export type Happened = { readonly definitions: ReadonlySet<number>; readonly runs: ReadonlySet<number> };

/** What a tab is told: whether there is a stream, or what came by it. */
export type StreamMessage = { readonly isOpen: boolean } | { readonly happened: Happened };

/** What a tab says: that it follows the stream from now on, or does no more. */
export type FollowerMessage = 'follow' | 'leave';

let worker: SharedWorker | undefined;

/** Whether this browser can have one stream for all its tabs. */
export const canShareStream = (): boolean => 'SharedWorker' in window;

/** Follows the one stream of events of this browser. @returns what leaves it */
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
