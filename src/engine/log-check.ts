import { LogMismatch } from '../event-store/errors.ts';
import { checkCheckpoint, type LogCheckpoint, readIdentity } from '../event-store/identity.ts';
import { comparePositions, type Delivered } from '../event-store/port.ts';
import { pollAfterDelay } from '../runtime/poll.ts';
import type { EngineSetup } from './context.ts';

/**
 * Checks that the log still holds the last event that this engine has read. Another log, or one that a restored backup
 * or a crash has set back, lacks claims that were made, so nothing may be claimed on it.
 */
export type LogCheck = {
  /** Notes the last event that the schedule was loaded from. */
  loaded(checkpoint: LogCheckpoint | undefined): void;
  /** Notes an event from the subscription. @returns whether it came for the first time */
  saw(event: Delivered['undecoded']): boolean;
  /** @throws LogMismatch */
  check(): Promise<void>;
  /** Checks every 10 s from now on. @param failed called with a LogMismatch */
  start(failed: (error: unknown) => void): void;
};

const EVERY_MS = 10_000;
const SECOND_MS = 1_000;

export const createLogCheck = ({ store, logId, world, stopping }: EngineSetup): LogCheck => {
  let seen: LogCheckpoint | undefined;
  /**
   * The last event of each second since the last check: a log that was set back and has grown past the last event again
   * still lacks an earlier one.
   */
  let trail: LogCheckpoint[] = [];
  let trailSecond = 0;

  const check = async (): Promise<void> => {
    if (seen === undefined) return;
    const checked = [...trail, seen];
    const identity = await readIdentity(store);
    const reader = 'the read model of the schedule, which this engine uses,';
    for (const checkpoint of checked) {
      const { eventId, position } = checkpoint;
      const isThere = eventId !== undefined && (await store.readAt(position))?.id === eventId;
      if (isThere && (identity?.id ?? logId) === checkpoint.logId) continue;
      await checkCheckpoint(store, { reader, logId: identity?.id ?? logId, checkpoint });
    }
    trail = trail.filter((each) => !checked.includes(each));
  };

  const look = async (): Promise<void> => {
    try {
      await check();
    } catch (error) {
      if (error instanceof LogMismatch) throw error;
      world.log.warn({ error }, 'scheduler: could not compare the log with the read model');
    }
  };

  return {
    loaded: (checkpoint) => {
      seen = checkpoint;
    },
    saw: ({ id, position }) => {
      if (seen !== undefined && comparePositions(position, seen.position) <= 0) return false;
      const second = Math.floor(world.clock.monotonic() / SECOND_MS);
      if (seen !== undefined && second > trailSecond) trail.push(seen);
      trailSecond = second;
      seen = { logId, position, eventId: id };
      return true;
    },
    check,
    start: (failed) =>
      void pollAfterDelay(look, { timers: world.timers, everyMs: EVERY_MS, signal: stopping }).catch(failed),
  };
};
