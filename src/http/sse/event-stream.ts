import type { Response } from 'express';
import type { World } from '../../world.ts';

/** The writing side of one server-sent event stream (WHATWG HTML, 9.2). */
export type EventStream = {
  /** Aborted when the client has disconnected, or was cut off because it read nothing for a minute. */
  readonly signal: AbortSignal;
  /** Resolves when the client can take more. At most one event and the socket's buffer are held in memory. */
  send(text: string): Promise<void>;
  /** Sends a heartbeat, unless the client has yet to read earlier events. */
  beat(text: string): void;
  end(): void;
};

/** A client that reads nothing for this long is cut off. It can resume where it was. */
const SLOWEST_MS = 60_000;
const RETRY_MS = 2_000;

/** Sends the headers of an event stream, and returns its writing side. */
export const openEventStream = (response: Response, timers: World['timers']): EventStream => {
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  response.status(200).set({
    'Content-Type': 'text/event-stream; charset=utf-8',
    'Cache-Control': 'no-store',
    // Tells nginx not to buffer the events.
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
