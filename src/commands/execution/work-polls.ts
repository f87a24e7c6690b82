import type { QueueRef } from '../../domain/tasks/worker/stored.ts';
import type { ApplicationId, Tenant } from '../../domain/values.ts';
import type { Runtime } from '../../runtime/runtime.ts';

/** The takes in this process that wait for work. An idle one costs nothing but its timer. */
export type WorkPolls = {
  /** Resolves when a queue may have work, after this time, or when the caller is gone. */
  awaitWork(queue: QueueRef, limitMs: number, signal: AbortSignal): Promise<void>;
  stop(): void;
};

type PollsDeps = {
  readonly world: Pick<Runtime, 'timers' | 'log'>;
  /** All queues with work. */
  readonly offeredQueues: () => Promise<readonly (QueueRef & { readonly offered: number })[]>;
  /** Calls this whenever work may have been offered. @returns what ends the calls */
  readonly onChange: (listener: () => void) => () => void;
};

/** Queues are also looked at after this time: a pause may have ended, or a notification was lost. */
const LOOK_EVERY_MS = 1_000;

type Wake = () => void;

const keyOf = ({ tenant, applicationId, queue }: QueueRef): string =>
  JSON.stringify([tenant, applicationId, queue] satisfies [Tenant, ApplicationId, string]);

/**
 * Wakes takes when work is offered: one look at the queues for all takes of the process, and no more takes of a queue than
 * it has work.
 */
export const createWorkPolls = ({ world, offeredQueues, onChange }: PollsDeps): WorkPolls => {
  const { timers } = world;
  const waiting = new Map<string, Set<Wake>>();
  let isLooking = false;
  let hasChanged = false;
  let cancelLook: (() => void) | undefined;

  const look = async (): Promise<void> => {
    if (waiting.size === 0) return;
    if (isLooking) {
      hasChanged = true;
      return;
    }
    isLooking = true;
    try {
      do {
        hasChanged = false;
        for (const count of await offeredQueues()) wake(keyOf(count), count.offered);
      } while (hasChanged && waiting.size > 0);
    } catch (error) {
      world.log.debug({ error }, 'could not look for offered work; retrying');
    } finally {
      isLooking = false;
    }
  };

  const wake = (key: string, most: number): void => {
    let left = most;
    for (const each of waiting.get(key) ?? []) {
      if (left-- === 0) return;
      each();
    }
  };

  const lookLater = (): void => {
    cancelLook ??= timers.after(LOOK_EVERY_MS, () => {
      cancelLook = undefined;
      if (waiting.size === 0) return;
      lookLater();
      void look();
    });
  };

  const endChanges = onChange(() => void look());
  return {
    awaitWork: (queue, limitMs, signal) =>
      new Promise((resolve) => {
        const key = keyOf(queue);
        const ofQueue = waiting.get(key) ?? new Set<Wake>();
        const end: Wake = () => {
          cancel();
          signal.removeEventListener('abort', end);
          ofQueue.delete(end);
          if (ofQueue.size === 0 && waiting.get(key) === ofQueue) waiting.delete(key);
          resolve();
        };
        const cancel = timers.after(limitMs, end);
        signal.addEventListener('abort', end);
        waiting.set(key, ofQueue.add(end));
        lookLater();
        if (signal.aborted) end();
      }),
    stop: () => {
      endChanges();
      cancelLook?.();
      for (const ofQueue of waiting.values()) for (const each of ofQueue) each();
    },
  };
};
