import type { RawEvent } from './codec.ts';
import type { ReadOptions } from './port.ts';

/** What a read of a stream gives of its events, handed in in order. */
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
