import { pollAfterDelay } from '../../runtime/poll.ts';
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
  /** Resolves when the log has events after the position, when that is unknown, or when the signal aborts. */
  moreAfter(position: Position, signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
};

/**
 * Creates the wakeups. One listening connection serves all subscriptions. In case a notification was lost, it reads the
 * log's end if the process has learned nothing of it for `pollMs`. While it does not respond, subscriptions poll.
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
  let reachedAtMs = Number.NEGATIVE_INFINITY;
  let ownUnderWay: { readonly position: Position; wasNotified: boolean } | undefined;
  let listening: Promise<void> | undefined;

  const wakeAll = (): void => {
    for (const one of waiting) one.wake();
  };

  const reached = (position: Position): void => {
    reachedAtMs = world.clock.monotonic();
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

  /** Wakes the subscriptions every `pollMs` until the response has arrived. */
  const wakingUntil = <T>(response: Promise<T>): Promise<T> => {
    const arrived = new AbortController();
    void pollAfterDelay(wakeAll, { timers: world.timers, everyMs: pollMs, signal: arrived.signal });
    return response.finally(() => arrived.abort());
  };

  /** Listens until the store is closed. After connecting, reads the log's end, because earlier notifications were missed. */
  const listen = async (): Promise<void> => {
    for (let failures = 0; !closing.signal.aborted; ) {
      try {
        const client = await wakingUntil(connection.get());
        const ended = Promise.withResolvers<true>();
        client.once('end', () => ended.resolve(true));
        client.on('notification', ({ payload = LOG_START }) => notified(payload));
        await wakingUntil(client.query(`LISTEN ${LOG_CHANNEL}`));
        failures = 0;
        let probedAtMs = Number.NEGATIVE_INFINITY;
        for (let lost = false; !lost && !closing.signal.aborted; ) {
          const nowMs = world.clock.monotonic();
          // Reading the end also detects a silent connection, which is then replaced.
          if (nowMs - probedAtMs >= PROBE_MS || nowMs - reachedAtMs >= pollMs) {
            reached((await wakingUntil(readEnd(client))) ?? LOG_START);
            availability.worked('wakes');
            probedAtMs = nowMs;
          }
          lost = await Promise.race([
            ended.promise,
            world.timers.sleep(Math.min(pollMs, PROBE_MS), closing.signal, 'look').then(() => false),
          ]);
        }
      } catch (error) {
        failures += 1;
        if (closing.signal.aborted) return;
        availability.failed('wakes', error);
        wakeAll();
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
          signal.removeEventListener('abort', wake);
          resolve();
        };
        const one = { position, wake };
        waiting.add(one);
        signal.addEventListener('abort', wake, { once: true });
      }),
    close: async () => {
      closing.abort();
      wakeAll();
      await connection.close();
      await listening;
    },
  };
};
