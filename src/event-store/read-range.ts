import type { RawEvent } from './codec.ts';
import type { ReadOptions } from './port.ts';

/** Selects the events that a read returns from all events of a stream, which are given in order. */
export const inRange = (
  events: readonly RawEvent[],
  { direction = 'forwards', from, limit = Number.POSITIVE_INFINITY }: ReadOptions,
): RawEvent[] => {
  const wanted =
    direction === 'forwards'
      ? events.filter(({ revision }) => from === undefined || revision >= from)
      : events.filter(({ revision }) => from === undefined || revision <= from).reverse();
  return wanted.slice(0, limit);
};
