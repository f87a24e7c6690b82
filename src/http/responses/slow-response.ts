import type { Response } from 'express';
import type { Runtime } from '../../runtime/runtime.ts';
import { send } from './response.ts';

/** Some proxies close a connection on which nothing was sent for 30 seconds. */
const MAX_SILENCE_MS = 25_000;
/** Blanks that are due within this time are sent together, because it costs more to wake up than to send one. */
const TICK_MS = 500;

/**
 * Sends a JSON body that may be ready minutes after its request. Until then the response begins early, and its client
 * receives a blank at intervals, which JSON allows before the body. If no body can be sent after that, the connection is
 * closed: the client has to repeat its request.
 */
export type SendSlowly = (response: Response, makeBody: () => Promise<unknown>) => Promise<void>;

export const createSendSlowly = ({ timers, clock }: Pick<Runtime, 'timers' | 'clock'>): SendSlowly => {
  /** When a response gets its next blank, the next one first. */
  const dueMs = new Map<Response, number>();
  let isTicking = false;

  const tick = (): void => {
    const nowMs = clock.monotonic();
    for (const [response, atMs] of dueMs) {
      if (atMs > nowMs) break;
      sendBlank(response);
      wait(response);
    }
    isTicking = false;
    keepTicking();
  };
  const keepTicking = (): void => {
    if (isTicking || dueMs.size === 0) return;
    isTicking = true;
    timers.after(TICK_MS, tick);
  };
  const wait = (response: Response): void => {
    dueMs.delete(response);
    dueMs.set(response, clock.monotonic() + MAX_SILENCE_MS);
    keepTicking();
  };

  return async (response, makeBody) => {
    wait(response);
    try {
      const body = await makeBody();
      if (response.headersSent) response.end(`${JSON.stringify(body)}\n`);
      else send(response, { status: 200, body });
    } catch (error) {
      if (!response.headersSent) throw error;
      response.destroy();
    } finally {
      dueMs.delete(response);
    }
  };
};

const sendBlank = (response: Response): void => {
  if (!response.headersSent) {
    response.status(200).set({
      'Content-Type': 'application/json; charset=utf-8',
      // Compression would hold the blanks back, and so would the buffers of nginx.
      'Cache-Control': 'no-store, no-transform',
      'X-Accel-Buffering': 'no',
    });
  }
  if (!response.writableNeedDrain) response.write(' ');
};
