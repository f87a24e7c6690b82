import {
  AppendTooLarge,
  InvalidAppend,
  StreamDeleted,
  StreamParked,
  UnreadableEvent,
  WrongExpectedRevision,
} from '../../event-store/errors.ts';
import type { EventStore, Position } from '../../event-store/port.ts';
import { createProgress } from '../../event-store/progress.ts';
import { pollAfterDelay } from '../../runtime/poll.ts';
import type { Clock } from '../../runtime/runtime.ts';
import type { EngineSetup } from '../context.ts';
import { oneAtATime } from './heartbeats.ts';

/** Why and since when a living engine gets nothing done. */
export type EngineStall = {
  readonly why: string;
  /** Monotonic. */
  readonly sinceMs: number;
};

/**
 * Watches whether the engine gets anything done: whether the log responds to its appends and reads, and whether the
 * subscription moves while it is behind the log's end. An engine that stands still owns no jobs; others take them.
 */
export type Watchdog = {
  /** The event store to use instead of the given one, so that its calls are watched. */
  readonly store: EventStore;
  /** The standstill, once it has lasted 10 s; undefined before. */
  standstill(): EngineStall | undefined;
  /**
   * Looks every 2 s from now on.
   * @param reached how far the subscription has come
   * @param probe appends a harmless event, to try whether the log responds
   */
  start(reached: () => Position | undefined, probe: () => Promise<void>): void;
};

const POLL_INTERVAL_MS = 2_000;
/** Longer than a log takes to elect another leader: until then, no other engine would get anything done either. */
const STALLED_AFTER_MS = 10_000;

export const createWatchdog = ({ store, world, stopping }: EngineSetup): Watchdog => {
  const { clock, timers, log } = world;
  const appends = createRequestTracker(clock);
  const reads = createRequestTracker(clock);
  const progress = createProgress();
  const { appendEach } = store;
  const watched: EventStore = {
    ...store,
    append: (append) => appends.track(() => store.append(append)),
    appendEach: appendEach && ((each) => appends.track(() => appendEach(each))),
    readLast: (streams) => reads.track(() => store.readLast(streams)),
    end: () => reads.track(() => store.end()),
  };
  const isLong = (sinceMs: number | undefined): boolean =>
    sinceMs !== undefined && clock.monotonic() - sinceMs > STALLED_AFTER_MS;

  const standstill = (): EngineStall | undefined => {
    const found = [
      { why: 'the log does not respond to appends', sinceMs: appends.silentSinceMs() },
      { why: 'the log does not respond to reads', sinceMs: reads.silentSinceMs() },
      { why: 'the subscription does not reach the end of the log', sinceMs: progress.stillSinceMs() },
    ];
    return found.find((each): each is EngineStall => isLong(each.sinceMs));
  };

  return {
    store: watched,
    standstill,
    start: (reached, probe) => {
      const look = oneAtATime(async () => {
        try {
          const end = await watched.end();
          if (reached() !== undefined) progress.look({ reached: reached(), end, atMs: clock.monotonic() });
        } catch (error) {
          log.debug({ error }, 'scheduler: could not read the end of the log');
        }
      });
      // Without jobs this engine makes no appends that could show that the log responds again.
      const tryAppend = oneAtATime(() =>
        probe().catch((error) => log.debug({ error }, 'scheduler: the log still does not respond')),
      );
      const lookOrProbe = (): void => {
        void look();
        if (isLong(appends.silentSinceMs())) void tryAppend();
      };
      void pollAfterDelay(lookOrProbe, { timers, everyMs: POLL_INTERVAL_MS, signal: stopping });
    },
  };
};

/** Tracks requests of one kind, and since when none of them had a response. */
const createRequestTracker = (clock: Clock) => {
  let requestInProgress = 0;
  let silentSinceMs: number | undefined;

  return {
    track: async <T>(call: () => Promise<T>): Promise<T> => {
      requestInProgress++;
      silentSinceMs ??= clock.monotonic();
      let hasResponded = true;
      try {
        return await call();
      } catch (error) {
        hasResponded = isResponse(error);
        throw error;
      } finally {
        requestInProgress--;
        if (hasResponded) silentSinceMs = requestInProgress > 0 ? clock.monotonic() : undefined;
      }
    },
    silentSinceMs: () => silentSinceMs,
  };
};

const RESPONSES = [WrongExpectedRevision, StreamDeleted, AppendTooLarge, InvalidAppend, StreamParked, UnreadableEvent];
const isResponse = (error: unknown): boolean => RESPONSES.some((kind) => error instanceof kind);
