import { LogMismatch } from '../event-store/errors.ts';
import { checkCheckpoint, type LogCheckpoint, readIdentity } from '../event-store/identity.ts';
import { comparePositions, type EventStore, type RecordedEvent } from '../event-store/port.ts';
import type { World } from '../world.ts';

/**
 * Holds the log against what this engine goes by: another log, or one that a restored backup or a crash has set back,
 * knows nothing of the claims that were made, so nothing may be claimed on it.
 */
export type LogCheck = {
  /** What the schedule was loaded from. */
  loaded(checkpoint: LogCheckpoint | undefined): void;
  /** An event that the subscription brought. @returns whether it is the first time */
  saw(event: Pick<RecordedEvent, 'id' | 'position'>): boolean;
  /** @throws LogMismatch */
  check(): Promise<void>;
  /** Checks now and then until the signal aborts. @throws LogMismatch */
  keepChecking(signal: AbortSignal): Promise<void>;
};

type Options = {
  readonly store: Pick<EventStore, 'end' | 'readAt' | 'readStream'>;
  /** Of the log that this process was started on. */
  readonly logId: string;
  readonly world: Pick<World, 'timers' | 'log'>;
};

const EVERY_MS = 10_000;

export const createLogCheck = ({ store, logId, world }: Options): LogCheck => {
  let seen: LogCheckpoint | undefined;

  const check = async (): Promise<void> => {
    if (seen === undefined) return;
    const checkpoint = seen;
    const identity = await readIdentity(store);
    const isThere =
      checkpoint.eventId !== undefined && (await store.readAt(checkpoint.position))?.id === checkpoint.eventId;
    if (isThere && (identity?.id ?? logId) === checkpoint.logId) return;
    const reader = 'the read model of the schedule, which this engine goes by,';
    await checkCheckpoint(store, { reader, logId: identity?.id ?? logId, checkpoint });
  };

  return {
    loaded: (checkpoint) => {
      seen = checkpoint;
    },
    saw: ({ id, position }) => {
      if (seen !== undefined && comparePositions(position, seen.position) <= 0) return false;
      seen = { logId, position, eventId: id };
      return true;
    },
    check,
    keepChecking: async (signal) => {
      for (;;) {
        await world.timers.sleep(EVERY_MS, signal);
        if (signal.aborted) return;
        try {
          await check();
        } catch (error) {
          if (error instanceof LogMismatch) throw error;
          world.log.warn({ error }, 'scheduler: the log could not be held against what is known of it');
        }
      }
    },
  };
};
