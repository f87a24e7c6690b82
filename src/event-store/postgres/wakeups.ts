import type { Runtime } from '../../runtime/runtime.ts';
import type { Availability } from '../errors.ts';
import { comparePositions, LOG_START, type Position } from '../port.ts';
import type { OneConnection } from './connection.ts';
import { readEnd } from './reads.ts';

/** The notification channel. Each commit sends the new end of the log. */
export const LOG_CHANNEL = 'carillon_log';

const PAUSE_MS = 1_000;
const PROBE_MS = 5_000;

type Waiter = { readonly position: Position; readonly wake: () => void };

/** Wakes the subscriptions of this process when the log has new events. */
export type Wakeups = {
  /** Whether the log is known to have events after the position. */
  goesOnAfter(position: Position): boolean;
  /** Notes that the log's end is at or after this position. */
  reached(position: Position): void;
  /**
   * Notes that this process is sending a commit after which the log ends here. Its notification may arrive before its
   * response, and is deferred until the returned function is called.
   */
  committing(position: Position): () => void;
  /** Resolves when the log has events after the position, when it is time to poll, or when the signal aborts. */
  moreAfter(position: Position, signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
};

/**
 * Creates the wakeups. One listening connection serves all subscriptions. They also poll every `pollMs`, because
 * notifications are lost with the connection.
 */
export const createWakeups = ({
  connection,
  world,
  availability,
  pollMs,
}: {
  connection: OneConnection;
  world: Runtime;
  availability: Availability;
  pollMs: number;
}): Wakeups => {
  const closing = new AbortController();
  const waiting = new Set<Waiter>();
  let known = LOG_START;
  let ownUnderWay: { readonly position: Position; wasNotified: boolean } | undefined;
  let listening: Promise<void> | undefined;

  const reached = (position: Position): void => {
    if (comparePositions(position, known) > 0) known = position;
    for (const one of waiting) if (comparePositions(one.position, known) < 0) one.wake();
  };

  const committing: Wakeups['committing'] = (position) => {
    const own = { position, wasNotified: false };
    ownUnderWay = own;
    return () => {
      if (ownUnderWay === own) ownUnderWay = undefined;
      if (own.wasNotified) reached(position);
    };
  };

  const notified = (position: Position): void => {
    if (position === ownUnderWay?.position) ownUnderWay.wasNotified = true;
    else reached(position);
  };

  /** Listens until the store is closed. After connecting, reads the log's end, because earlier notifications were missed. */
  const listen = async (): Promise<void> => {
    for (let failures = 0; !closing.signal.aborted; ) {
      try {
        const client = await connection.get();
        const ended = Promise.withResolvers<true>();
        client.once('end', () => ended.resolve(true));
        client.on('notification', ({ payload = LOG_START }) => notified(payload));
        await client.query(`LISTEN ${LOG_CHANNEL}`);
        failures = 0;
        // Reading the end also detects a silent connection, which is then replaced.
        for (let lost = false; !lost && !closing.signal.aborted; ) {
          reached((await readEnd(client)) ?? LOG_START);
          availability.worked('wakes');
          lost = await Promise.race([
            ended.promise,
            world.timers.sleep(PROBE_MS, closing.signal, 'look').then(() => false),
          ]);
        }
      } catch (error) {
        failures += 1;
        if (closing.signal.aborted) return;
        availability.failed('wakes', error);
        if (failures > 1) await world.timers.sleep(PAUSE_MS, closing.signal);
      } finally {
        connection.drop();
      }
    }
  };

  return {
    goesOnAfter: (position) => comparePositions(position, known) < 0,
    reached,
    committing,
    moreAfter: (position, signal) =>
      new Promise((resolve) => {
        listening ??= listen();
        if (signal.aborted || comparePositions(position, known) < 0) return resolve();
        const wake = () => {
          waiting.delete(one);
          cancelPoll();
          signal.removeEventListener('abort', wake);
          resolve();
        };
        const one = { position, wake };
        const cancelPoll = world.timers.after(pollMs, wake, 'look');
        waiting.add(one);
        signal.addEventListener('abort', wake, { once: true });
      }),
    close: async () => {
      closing.abort();
      for (const one of waiting) one.wake();
      await connection.close();
      await listening;
    },
  };
};
