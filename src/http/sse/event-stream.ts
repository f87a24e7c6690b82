import type { Response } from 'express';
import type { World } from '../../world.ts';

/** The writing side of one server-sent event stream (WHATWG HTML, 9.2). */
export type EventStream = {
  /** Aborted when the client has gone, or was too slow for too long. */
  readonly signal: AbortSignal;
  /** Resolves when the reader can take more: no more than one event and the socket's buffer are held for it. */
  send(text: string): Promise<void>;
  /** Shows that the stream lives; left out where the reader is behind anyway. */
  beat(text: string): void;
  end(): void;
};

/** A client that takes nothing for this long is let go; it can resume where it was. */
const SLOWEST_MS = 60_000;
const RETRY_MS = 2_000;

export const openEventStream = (response: Response, timers: World['timers']): EventStream => {
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  response.status(200).set({
    'Content-Type': 'text/event-stream; charset=utf-8',
    'Cache-Control': 'no-store',
    // Proxies that buffer would hold events back.
    'X-Accel-Buffering': 'no',
  });
  response.flushHeaders();
  response.write(`retry: ${RETRY_MS}\n\n`);

  const drained = (): Promise<void> =>
    new Promise((resolve) => {
      const cancel = timers.after(SLOWEST_MS, () => {
        response.destroy();
      });
      const done = () => {
        cancel();
        response.removeListener('drain', done);
        response.removeListener('close', done);
        resolve();
      };
      response.once('drain', done);
      response.once('close', done);
    });

  return {
    signal: gone.signal,
    send: async (text) => {
      if (gone.signal.aborted || response.write(text)) return;
      await drained();
    },
    beat: (text) => {
      if (!gone.signal.aborted && !response.writableNeedDrain) response.write(text);
    },
    end: () => {
      response.end();
    },
  };
};
