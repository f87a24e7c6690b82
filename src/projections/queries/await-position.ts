import { openSession, probe, type Session } from '../../db/session.ts';
import { comparePositions, LOG_START, type Position } from '../../event-store/port.ts';
import type { Runtime, Timers } from '../../runtime/runtime.ts';
import { earlier, later, PROJECTED_CHANNEL, parseProjected, requestFlush, shapeKey } from '../checkpoints.ts';
import { failureMessage } from '../failures.ts';
import { listStopped } from '../list-projections.ts';
import type { Projection } from '../projection.ts';
import { findGenerations } from '../registry.ts';

export type PositionWatch = {
  /**
   * Resolves to true when every read model has applied the log up to here; to false after the timeout, or earlier if a read
   * model has stopped before.
   */
  awaitPosition(position: Position, timeoutMs: number): Promise<boolean>;
  /**
   * How often rows of a read model may have changed, according to notifications. This process is notified of the changes up
   * to a position before `awaitPosition` resolves for it.
   */
  changesOf(projection: Projection): number;
  /** Last known position up to which this read model shows the log; `undefined` if it is unknown. */
  reachedBy(projection: Projection): Position | undefined;
  /** Last known position up to which all read models show the log; `undefined` while Postgres does not respond. */
  reached(): Position | undefined;
  close(): Promise<void>;
};

type Waiter = { readonly position: Position; readonly settle: (reached: boolean) => void };
type PositionWatchOptions = {
  readonly databaseUrl: string;
  readonly projections: readonly Projection[];
  readonly world: Runtime;
};

const RECONNECT_MS = 500;
/**
 * After waiting this long, a request notifies the processes that feed the read models, which may be waiting for more events.
 */
const TIMEOUT_MS = 20;
/** After this long, checks whether a read model has stopped: then the wait would be in vain. */
const STOPPED_CHECK_MS = 250;

/** Waits for positions of the read models, whichever process runs them. Uses one connection for notifications. */
export const watchPositions = ({ databaseUrl, projections, world }: PositionWatchOptions): PositionWatch => {
  const closing = new AbortController();
  const waiters = new Set<Waiter>();
  /** Last known positions of the live generations. */
  const positions = new Map<string, Position>();
  const changes = new Map<unknown, number>();
  /** How often rows of every read model may have changed without a notification. */
  let unknownChanges = 0;
  let reached: Position | undefined;
  let session: Session | undefined;
  /** Whether the positions were looked up on the current connection. */
  let isKnown = false;
  let isLookingUp = false;
  let isStale = false;

  const settleWaiters = (): void => {
    reached = lowest(projections.map((each) => positions.get(shapeKey(each))));
    for (const waiter of waiters) if (isReached(waiter.position, reached)) waiter.settle(true);
  };

  const onProjected = (payload: string | undefined): void => {
    const projected = parseProjected(payload);
    if (projected === undefined) return void lookUpPositions();
    const { positions: moved, changed } = projected;
    for (const [key, position] of moved) positions.set(key, later(positions.get(key), position));
    for (const key of changed ?? []) changes.set(key, (changes.get(key) ?? 0) + 1);
    if (changed === undefined) unknownChanges += 1;
    settleWaiters();
  };

  const lookUpPositions = async (): Promise<void> => {
    if (session === undefined) return;
    if (isLookingUp) {
      isStale = true;
      return;
    }
    isLookingUp = true;
    try {
      do {
        isStale = false;
        for (const { projection, checkpoint } of await findGenerations(session.client, projections, 'live')) {
          if (checkpoint.position === undefined) continue;
          const key = shapeKey(projection);
          positions.set(key, later(positions.get(key), checkpoint.position));
        }
        isKnown = true;
        unknownChanges += 1;
        settleWaiters();
      } while (isStale);
    } catch (error) {
      world.log.debug({ error: failureMessage(error) }, 'could not read the positions of the read models');
    } finally {
      isLookingUp = false;
    }
  };

  const hurry = createOnceLater(world.timers, TIMEOUT_MS, () => {
    if (session !== undefined) requestFlush(session.client).catch(() => {});
  });
  const checkStopped = createOnceLater(world.timers, STOPPED_CHECK_MS, () => {
    settleIfStopped().catch((error) => {
      world.log.debug({ error: failureMessage(error) }, 'could not find the stopped read models');
    });
  });
  const settleIfStopped = async (): Promise<void> => {
    const waiting = [...waiters];
    const stopped = session === undefined ? [] : await listStopped(session.client, projections);
    if (stopped.length > 0) for (const { settle } of waiting) settle(false);
    else if (waiters.size > 0) checkStopped.start();
  };
  const waitsNoMore = (waiter: Waiter): void => {
    waiters.delete(waiter);
    if (waiters.size > 0) return;
    hurry.cancel();
    checkStopped.cancel();
  };

  const listen = async (): Promise<void> => {
    let failures = 0;
    while (!closing.signal.aborted) {
      try {
        session = await openSession({ databaseUrl, name: 'carillon positions' });
        session.client.on('notification', ({ payload }) => onProjected(payload));
        await session.client.query(`SET synchronous_commit TO off; LISTEN ${PROJECTED_CHANNEL}`);
        positions.clear();
        failures = 0;
        void lookUpPositions();
        await probe(session, world.timers, AbortSignal.any([closing.signal, session.lost]));
      } catch (error) {
        world.log[failures === 0 ? 'warn' : 'debug'](
          { error: failureMessage(error) },
          'Postgres does not respond: changes do not wait for the read models',
        );
        failures += 1;
      }
      const ended = session;
      session = undefined;
      isKnown = false;
      await ended?.close();
      await world.timers.sleep(RECONNECT_MS, closing.signal);
    }
  };
  const listening = listen();

  return {
    awaitPosition: (position, timeoutMs) =>
      new Promise((resolve) => {
        if (isReached(position, reached)) return resolve(true);
        const settle = (result: boolean) => {
          cancel();
          waitsNoMore(waiter);
          resolve(result);
        };
        const waiter = { position, settle };
        const cancel = world.timers.after(timeoutMs, () => settle(false));
        waiters.add(waiter);
        hurry.start();
        checkStopped.start();
        if (reached === undefined) void lookUpPositions();
      }),
    changesOf: (projection) => unknownChanges + (changes.get(shapeKey(projection)) ?? 0),
    reachedBy: (projection) => (isKnown ? positions.get(shapeKey(projection)) : undefined),
    reached: () => (isKnown ? (reached ?? LOG_START) : undefined),
    close: async () => {
      closing.abort();
      for (const { settle } of waiters) settle(false);
      await listening;
    },
  };
};

/** Runs something after a delay, unless it is cancelled. Starts while it is pending change nothing. */
const createOnceLater = (timers: Timers, delayMs: number, run: () => void) => {
  let cancel: (() => void) | undefined;
  return {
    start: (): void => {
      cancel ??= timers.after(delayMs, () => {
        cancel = undefined;
        run();
      });
    },
    cancel: (): void => {
      cancel?.();
      cancel = undefined;
    },
  };
};

const isReached = (position: Position, reached: Position | undefined): boolean =>
  reached !== undefined && comparePositions(position, reached) <= 0;

/** Returns the lowest position; undefined if a projection has no live generation or has read nothing. */
const lowest = (positions: readonly (Position | undefined)[]): Position | undefined => positions.reduce(earlier);
