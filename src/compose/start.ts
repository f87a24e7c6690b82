import type { Config } from '../config.ts';
import type { LogKind } from '../event-store/log-kind.ts';
import type { Runtime, Timers } from '../runtime/runtime.ts';
import { awaitWithTimeout } from '../runtime/timeout.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import type { OtherEngines } from './engine-processes.ts';
import type { Role } from './roles.ts';

export type ServiceOptions = {
  readonly config: Config;
  readonly world: Runtime;
  readonly metrics: Metrics;
  readonly version: string;
  readonly roles: readonly Role[];
  /** `undefined` if this process runs no further engines. */
  readonly otherEngines?: OtherEngines | undefined;
  /** The kinds of logs that EVENTSTORE_URL can select; by default `LOG_KINDS`. */
  readonly logKinds?: readonly LogKind[];
};

/** Registers a function that stops a part. They run in reverse order. */
export type OnStop = (stop: () => Promise<void>) => void;

/** The service was stopped before its start was complete. */
export class StoppedWhileStarting extends Error {
  override readonly name = 'StoppedWhileStarting';
  readonly code = 'STOPPED_WHILE_STARTING';
}

/** Time limit for ending an aborted start, which may wait for something that never responds. */
const ABORTED_START_MS = 1_000;

/**
 * Starts the parts of a service. If that fails or is aborted, stops the started parts.
 * @throws StoppedWhileStarting if it was aborted, and the error of a part that did not start
 */
export const startParts = async <T>(
  start: (onStop: OnStop) => Promise<T>,
  { signal, timers }: { readonly signal: AbortSignal; readonly timers: Timers },
): Promise<T & { stop(): Promise<void> }> => {
  const stops: (() => Promise<void>)[] = [];
  const stop = async (): Promise<void> => {
    const failures: unknown[] = [];
    for (let next = stops.pop(); next !== undefined; next = stops.pop()) {
      // A part that fails to stop must not keep the others from stopping.
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
    throw signal.aborted
      ? new StoppedWhileStarting('The process was stopped before it had started.', { cause: error })
      : error;
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
  await awaitWithTimeout(timers, ABORTED_START_MS, Promise.allSettled([started]));
};
