import type { Runtime } from '../runtime/runtime.ts';
import type { StreamParked } from './errors.ts';

/** The parked streams that this process has found. */
export type ParkedStreams = {
  /** Records a parked stream. The codec calls it each time it reads an unreadable event. */
  note(parked: StreamParked): void;
  /** Returns each parked stream once, in the order in which they were found. */
  all(): readonly StreamParked[];
};

export const createParkedStreams = (log: Runtime['log']): ParkedStreams => {
  const met = new Map<string, StreamParked>();
  return {
    note: (parked) => {
      const { stream, revision, eventType, why, message } = parked;
      if (met.has(stream)) return;
      met.set(stream, parked);
      log.error({ stream, revision, type: eventType, why }, message);
    },
    all: () => [...met.values()],
  };
};
