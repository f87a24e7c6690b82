import type { Timers } from '../world.ts';

/** Has something stopped when the service stops, the last opened first. */
export type OnStop = (stop: () => Promise<void>) => void;

export class StoppedWhileStarting extends Error {
  override readonly name = 'StoppedWhileStarting';
  readonly code = 'STOPPED_WHILE_STARTING';
}

type StartOptions = {
  /** Aborted when the start is to be given up. */
  readonly signal: AbortSignal;
  readonly timers: Timers;
};

/** So long a start that was given up may take to notice it: what it waits for may not answer. */
const NOTICE_MS = 1_000;

/**
 * Starts the parts of a service; where that fails or is given up, what was started until then is stopped.
 * @throws StoppedWhileStarting, and whatever keeps a part from starting
 */
export const startParts = async <T>(
  start: (onStop: OnStop) => Promise<T>,
  { signal, timers }: StartOptions,
): Promise<T & { stop(): Promise<void> }> => {
  const stops: (() => Promise<void>)[] = [];
  const stop = async (): Promise<void> => {
    const failures: unknown[] = [];
    for (let next = stops.pop(); next !== undefined; next = stops.pop()) {
      // One part that can't be stopped in order keeps no other from it.
      await next().catch((error) => failures.push(error));
    }
    if (failures.length > 0) throw failures[0];
  };
  const started = start((each) => {
    stops.push(each);
    signal.throwIfAborted();
  });
  try {
    return { ...(await unlessAborted(started, signal)), stop };
  } catch (error) {
    await stop().catch(() => {});
    await settled(started, timers);
    await stop().catch(() => {});
    throw signal.aborted ? new StoppedWhileStarting('it was stopped before it had started', { cause: error }) : error;
  }
};

const unlessAborted = async <T>(started: Promise<T>, signal: AbortSignal): Promise<T> => {
  const aborted = Promise.withResolvers<never>();
  const abort = (): void => aborted.reject(signal.reason);
  signal.addEventListener('abort', abort);
  if (signal.aborted) abort();
  try {
    return await Promise.race([started, aborted.promise]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
};

const settled = async (started: Promise<unknown>, timers: Timers): Promise<void> => {
  const noticed = new AbortController();
  const ended = started.then(
    () => noticed.abort(),
    () => noticed.abort(),
  );
  await Promise.race([ended, timers.sleep(NOTICE_MS, noticed.signal)]);
};
