import type { World } from '../world.ts';
import type { StreamParked } from './errors.ts';

/** The parked streams that this process has met. */
export type ParkedStreams = {
  /** Told by the codec, each time that one is read. */
  note(parked: StreamParked): void;
  /** Each once, in the order in which they were met. */
  all(): readonly StreamParked[];
};

export const createParkedStreams = (log: World['log']): ParkedStreams => {
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
