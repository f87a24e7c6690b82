import type { Runtime } from '../runtime/runtime.ts';
import type { Metrics } from '../telemetry/metrics.ts';

/** The parts of an adapter, each with its own connection to the log. */
export type StorePart = 'appends' | 'reads' | 'wakes' | `subscription ${number}`;

/** Tracks whether the log is reachable, from the successes and failures of each part of an adapter. */
export type Availability = {
  failed(part: StorePart, error: unknown): void;
  worked(part: StorePart): void;
};

/** Logs one warning when the first part fails, and one line when no part fails any more. */
export const createAvailability = ({ clock, log }: Runtime): Availability => {
  const away = new Set<StorePart>();
  let sinceMs = 0;
  return {
    failed: (part, error) => {
      const isFirst = away.size === 0;
      away.add(part);
      if (!isFirst) return log.debug({ error, part }, 'the log is still unavailable');
      sinceMs = clock.monotonic();
      log.warn({ error, part }, 'the log is unavailable; retrying until it responds');
    },
    worked: (part) => {
      if (!away.delete(part) || away.size > 0) return;
      log.info({ awayMs: Math.round(clock.monotonic() - sinceMs) }, 'the log is available again');
    },
  };
};

/** Creates the counter of lost connections to the log; without metrics it counts nothing. */
export const reconnectCounter = <Connection extends string>(
  metrics: Metrics | undefined,
  connections: readonly Connection[],
): ((connection: Connection) => void) => {
  const count = metrics?.counter('carillon_log_reconnects_total');
  // An alarm on an increase needs the value before the first one.
  for (const connection of connections) count?.({ connection }, 0);
  return (connection) => count?.({ connection });
};
