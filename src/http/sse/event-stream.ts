import type { Response } from 'express';
import { drained } from '../answer.ts';

/** The writing side of one server-sent event stream (WHATWG HTML, 9.2). */
export type EventStream = {
  /** Aborted when the client has disconnected, or was cut off. */
  readonly signal: AbortSignal;
  /** Resolves when the client can take more. At most one event and the socket's buffer are held in memory. */
  send(text: string): Promise<void>;
  /** Sends a heartbeat, unless the client has yet to read earlier events. */
  beat(text: string): void;
  end(): void;
};

const RETRY_MS = 2_000;

/** Sends the headers of an event stream, and returns its writing side. */
export const openEventStream = (response: Response): EventStream => {
  const gone = new AbortController();
  // It may have gone while its token was checked: then nothing tells of that any more.
  if (response.destroyed) gone.abort();
  response.once('close', () => gone.abort());
  response.status(200).set({
    'Content-Type': 'text/event-stream; charset=utf-8',
    'Cache-Control': 'no-store',
    // Tells nginx not to buffer the events.
    'X-Accel-Buffering': 'no',
  });
  response.flushHeaders();
  response.write(`retry: ${RETRY_MS}\n\n`);

  return {
    signal: gone.signal,
    send: async (text) => {
      if (gone.signal.aborted || response.write(text)) return;
      await drained(response);
    },
    beat: (text) => {
      if (!gone.signal.aborted && !response.writableNeedDrain) response.write(text);
    },
    end: () => {
      response.end();
    },
  };
};
