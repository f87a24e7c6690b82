import type { ReceivedEvent } from '../log-tail.ts';
import type { Position, ReadOptions, Revision } from '../port.ts';
import { isNoPlaceOfEvent, noPlace } from './failures.ts';
import { isSystemEvent, type ReadRequest } from './read-messages.ts';
import type { Reader } from './reader.ts';

/** Page sizes for reading backwards from the end of `$all`, past the events of others. */
const PAGE = { first: 32, most: 1_024 } as const;

/**
 * Yields the events of a stream from the leader; the name includes the prefix. After a lost connection it continues
 * where it was.
 */
export async function* readStreamEvents(
  reader: Reader,
  stream: string,
  { direction, from, limit = Number.MAX_SAFE_INTEGER }: ReadOptions,
): AsyncGenerator<ReceivedEvent, void, undefined> {
  const backwards = direction === 'backwards';
  let next: Revision | undefined = from;
  let left = limit;
  const patience = reader.patience(`read ${stream}`);
  while (left > 0 && (next === undefined || next >= 0)) {
    const request = { stream, from: next ?? (backwards ? 'end' : 'start'), backwards, limit: left } as const;
    try {
      for await (const events of reader.read(request, patience)) {
        for (const event of events) {
          left -= 1;
          next = event.revision + (backwards ? -1 : 1);
          yield event;
        }
      }
      return;
    } catch (error) {
      await patience.mend(error);
    }
  }
}

/** Reads the last event of a stream; the name includes the prefix. */
export const readLastEvent = async (reader: Reader, stream: string): Promise<ReceivedEvent | undefined> => {
  for await (const event of readStreamEvents(reader, stream, { direction: 'backwards', limit: 1 })) return event;
  return undefined;
};

/**
 * Reads the position of the last event whose stream begins with the prefix. Tombstones count: they remain when the
 * events of a deleted stream are scavenged, so the end never goes back. The client can't filter this read, so it reads
 * pages.
 */
export const readEnd = (reader: Reader, prefix: string): Promise<Position | undefined> =>
  reader.surely('read $all', async (_, patience) => {
    let from: Position | 'end' = 'end';
    for (let limit: number = PAGE.first; ; limit = Math.min(2 * limit, PAGE.most)) {
      let seen = 0;
      const request: ReadRequest = { from, backwards: true, limit };
      for await (const events of reader.read(request, patience)) {
        seen += events.length;
        for (const event of events) {
          if (event.stream.startsWith(prefix)) return event.position;
          from = event.position;
        }
      }
      if (seen < limit) return undefined;
    }
  });

/**
 * Reads the id of the event at a position; undefined if there is none.
 * @throws LogMismatch if no record begins there
 */
export const readIdAt = (reader: Reader, position: Position): Promise<{ id: string } | undefined> =>
  reader.surely('read $all', async (_, patience) => {
    try {
      for await (const events of reader.read({ from: position, backwards: false, limit: 1 }, patience)) {
        for (const event of events) {
          if (event.position === position && !isSystemEvent(event)) return { id: event.id };
        }
      }
    } catch (error) {
      throw isNoPlaceOfEvent(error) ? noPlace(position, error) : error;
    }
    return undefined;
  });
