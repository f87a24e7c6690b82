import {
  type AllStreamRecordedEvent,
  type AllStreamResolvedEvent,
  BACKWARDS,
  END,
  FORWARDS,
  type ReadPosition,
  type RecordedEvent,
  type ResolvedEvent,
  START,
} from '@eventstore/db-client';
import { type DeliveredAs, type Position, positionOf, type ReadOptions, type Revision } from '../port.ts';
import type { StoredEvent } from '../stored-event.ts';
import { isMissingEvent, noPlace } from './failures.ts';
import type { Reader } from './reader.ts';

/** Page sizes for reading backwards from the end of `$all`, past events of others. */
const PAGE = { first: 32, most: 1_024 } as const;

/**
 * Yields the events of a stream from the leader; the name includes the prefix. After a lost connection, it continues at the
 * same place.
 */
export async function* readStreamEvents(
  reader: Reader,
  stream: string,
  { direction = FORWARDS, from, limit = Number.MAX_SAFE_INTEGER }: ReadOptions<DeliveredAs>,
): AsyncGenerator<ClientEvent, void, undefined> {
  const step = direction === FORWARDS ? 1 : -1;
  const edge = direction === FORWARDS ? START : END;
  let next: Revision | undefined = from;
  let left = limit;
  const patience = reader.patience(`read ${stream}`);
  while (left > 0 && (next === undefined || next >= 0)) {
    const fromRevision = next === undefined ? edge : BigInt(next);
    const maxCount = left;
    try {
      const chunks = reader.read<ResolvedEvent>(
        (client) => client.readStream(stream, { fromRevision, maxCount, direction, requiresLeader: true }),
        patience,
      );
      for await (const chunk of chunks) {
        for (const { event } of chunk) {
          if (event === undefined) continue;
          left -= 1;
          next = Number(event.revision) + step;
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
export const readLastEvent = async (reader: Reader, stream: string): Promise<ClientEvent | undefined> => {
  for await (const event of readStreamEvents(reader, stream, { direction: BACKWARDS, limit: 1 })) return event;
  return undefined;
};

/**
 * Reads the position of the last event whose stream begins with the prefix. Tombstones count: they remain when the
 * events of a deleted stream are scavenged, so the end never goes back. The client can't filter this read, so it reads
 * pages.
 */
export const readEnd = (reader: Reader, prefix: string): Promise<Position | undefined> =>
  reader.surely('read $all', async (_, patience) => {
    let from: ReadPosition = END;
    for (let maxCount: number = PAGE.first; ; maxCount = Math.min(2 * maxCount, PAGE.most)) {
      let seen = 0;
      const fromPosition: ReadPosition = from;
      const chunks: AsyncIterable<readonly AllStreamResolvedEvent[]> = reader.read(
        (client) => client.readAll({ direction: BACKWARDS, fromPosition, maxCount, requiresLeader: true }),
        patience,
      );
      for await (const chunk of chunks) {
        seen += chunk.length;
        for (const { event } of chunk) {
          if (event?.streamId.startsWith(prefix)) return positionOf(event.position.commit);
          if (event !== undefined) from = event.position;
        }
      }
      if (seen < maxCount) return undefined;
    }
  });

/**
 * Reads the id of the event at a position; undefined if there is none.
 * @throws LogMismatch if no record begins there
 */
export const readIdAt = (reader: Reader, position: Position): Promise<{ id: string } | undefined> =>
  reader.surely('read $all', async (_, patience) => {
    const place = BigInt(position);
    const fromPosition = { commit: place, prepare: place };
    try {
      const chunks = reader.read(
        (client) => client.readAll({ fromPosition, maxCount: 1, requiresLeader: true }),
        patience,
      );
      for await (const chunk of chunks) {
        for (const { event } of chunk) {
          if (event?.position.commit === place && !isSystemEvent(event)) return { id: event.id };
        }
      }
    } catch (error) {
      throw isMissingEvent(error) ? noPlace(position, error) : error;
    }
    return undefined;
  });

/** An event as the client returns it, from a stream or from `$all`. */
export type ClientEvent = RecordedEvent | AllStreamRecordedEvent;

/** Returns whether the server wrote the event itself, such as a tombstone. Carillon's event types never begin with `$`. */
export const isSystemEvent = ({ type }: ClientEvent): boolean => type.startsWith('$');

/** @param prefix the prefix of each stream's name, which is removed */
export const storedEvent = (event: ClientEvent, prefix: string): StoredEvent => ({
  id: event.id,
  type: event.type,
  stream: event.streamId.slice(prefix.length),
  revision: Number(event.revision),
  position: positionOf(event.position?.commit ?? 0n),
  recordedAt: event.created.getTime(),
  data: stored(event.data),
  metadata: stored(event.metadata),
});

/** Returns the JSON that the client parsed, or the text if it could not, so that the codec reports the error. */
const stored = (value: unknown): string | object => {
  if (value instanceof Uint8Array) return Buffer.from(value).toString();
  return typeof value === 'object' && value !== null ? value : String(value);
};
