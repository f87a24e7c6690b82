import { engineStream } from '../../domain/streams.ts';
import { appendWithRetry } from '../../event-store/append-with-retry.ts';
import { NO_STREAM, type Revision } from '../../event-store/port.ts';
import { pollAfterDelay } from '../../runtime/poll.ts';
import { createOutageLog, type OutageLog } from '../../runtime/retry.ts';
import { awaitWithTimeout } from '../../runtime/timeout.ts';
import { engineMetadata } from '../actor.ts';
import type { EngineSetup } from '../context.ts';
import type { Heartbeat, Member } from '../ports.ts';
import { retryUntilPrecise } from './common-time.ts';
import { heartbeatIntervalMs, leaseMs } from './ownership.ts';

/**
 * This engine's heartbeat and the lease that it holds by it. It beats in Postgres ten times in each timeout, and into the log
 * as well while Postgres does not respond.
 */
export type Heartbeats = {
  /**
   * Starts to beat. Resolves once a beat's response was fast enough to tell the time by, or after five slow ones.
   * @param beating called before each later beat in Postgres; the function it returns is called once that beat is
   * acknowledged
   */
  start(beating: () => () => void): Promise<void>;
  /** Beats in Postgres now, or waits for the beat that is in progress. @returns whether it was acknowledged */
  beat(): Promise<boolean>;
  /** Waits for the last beat of an engine that stops, and records that it has left. */
  leave(): Promise<void>;
  /**
   * Whether the lease has held without a break since this monotonic instant. A lease that lapsed and was renewed has a
   * break: other engines may have taken this one for dead meanwhile.
   */
  leaseHeldSince(sinceMs: number): boolean;
};

/** What one beat in Postgres says, and what takes its response. */
export type Beat = {
  readonly says: Heartbeat;
  readonly responded: (response: { readonly members: readonly Member[]; readonly atMs: number }) => void;
};

const LEAVE_TIMEOUT_MS = 1_000;

/**
 * @param appendBeat appends a beat to the log
 * @param nextBeat called for each beat in Postgres, when it is sent
 */
export const createHeartbeats = (
  { engineId, timeoutMs, membership, time, world, stopping }: EngineSetup,
  appendBeat: () => Promise<void>,
  nextBeat: () => Beat,
): Heartbeats => {
  const intervalMs = heartbeatIntervalMs(timeoutMs);
  let beforeBeat: () => () => void = () => () => {};
  let beatenAtMs = Number.NEGATIVE_INFINITY;
  let unbrokenSinceMs = Number.POSITIVE_INFINITY;
  let keptBeating: Promise<void> = Promise.resolve();

  /** Extends the lease, counted from when the beat was sent. After a lapse it holds only from now on. */
  const acknowledged = (sentMs: number): void => {
    const nowMs = world.clock.monotonic();
    if (nowMs - beatenAtMs >= leaseMs(timeoutMs)) unbrokenSinceMs = nowMs;
    beatenAtMs = Math.max(beatenAtMs, sentMs);
  };

  /** Beats in Postgres. @returns how long the response of the time took, ms */
  const sendToPostgres = async (): Promise<number> => {
    const sentMs = world.clock.monotonic();
    const { says, responded } = nextBeat();
    // The time that recording the beat took does not count.
    let readFromMs = sentMs;
    const { serverMs, members } = await membership.beat(says, () => {
      readFromMs = world.clock.monotonic();
    });
    acknowledged(sentMs);
    const receivedMs = world.clock.monotonic();
    time.observe({ serverMs, sentMs: readFromMs, receivedMs });
    responded({ members, atMs: receivedMs });
    return receivedMs - readFromMs;
  };

  const postgres = createOutageLog(world.log, 'scheduler: heartbeats', { engineId });
  const log = createOutageLog(world.log, 'scheduler: heartbeats into the log', { engineId });

  /** @returns whether the beat was acknowledged */
  const beatBy = (outages: OutageLog, send: () => Promise<void>): (() => Promise<boolean>) =>
    oneAtATime(async () => {
      try {
        await send();
        outages.worked();
        return true;
      } catch (error) {
        outages.failed(error);
        return false;
      }
    });

  const beatInPostgres = beatBy(postgres, async () => {
    const beaten = beforeBeat();
    await sendToPostgres();
    beaten();
  });

  const beatInLog = beatBy(log, async () => {
    const sentMs = world.clock.monotonic();
    await appendBeat();
    acknowledged(sentMs);
  });

  const beat = async (): Promise<void> => {
    const heldSinceMs = unbrokenSinceMs;
    // If Postgres does not respond by the next beat, a beat goes into the log.
    const inPostgres = await awaitWithTimeout(world.timers, intervalMs, beatInPostgres());
    // After a lapse others may take this engine for dead, and Postgres may lose the beat: so it goes into the log too.
    if (inPostgres !== true || heldSinceMs !== unbrokenSinceMs) void beatInLog();
  };

  return {
    start: async (beating) => {
      beforeBeat = beating;
      await retryUntilPrecise(sendToPostgres);
      keptBeating = pollAfterDelay(beat, { timers: world.timers, everyMs: intervalMs, signal: stopping });
    },
    beat: beatInPostgres,
    leave: async () => {
      await keptBeating;
      try {
        await awaitWithTimeout(world.timers, LEAVE_TIMEOUT_MS, membership.leave(engineId));
      } catch (error) {
        world.log.warn({ engineId, error }, 'scheduler: could not record that the engine leaves');
      }
    },
    leaseHeldSince: (sinceMs) =>
      sinceMs >= unbrokenSinceMs && world.clock.monotonic() - beatenAtMs < leaseMs(timeoutMs),
  };
};

/** Runs one call at a time: callers meanwhile get the result of the call in progress. */
export const oneAtATime = <T>(call: () => Promise<T>): (() => Promise<T>) => {
  let requestInProgress: Promise<T> | undefined;
  return () => {
    requestInProgress ??= call().finally(() => {
      requestInProgress = undefined;
    });
    return requestInProgress;
  };
};

/**
 * Creates what appends a heartbeat of this engine to the log, and resolves when it is there. An engine that can't reach
 * Postgres shows the others this way that it lives.
 */
export const createLogHeartbeat = ({ store, engineId, world }: EngineSetup): (() => Promise<void>) => {
  const stream = engineStream(engineId);
  let revision: Revision = NO_STREAM;
  let keepsLast = false;

  return async () => {
    if (!keepsLast) {
      await store.keepLast(stream);
      keepsLast = true;
    }
    const event = {
      id: world.random.uuid(),
      type: 'EngineHeartbeat' as const,
      data: { engineId },
      metadata: engineMetadata(engineId, stream),
    };
    const appended = await appendWithRetry(store, { stream, expectedRevision: revision, events: [event] }, { world });
    revision = appended.revision;
  };
};
