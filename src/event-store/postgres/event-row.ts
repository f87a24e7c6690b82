import type { RawEvent } from '../codec.ts';
import { positionOf } from '../port.ts';

/** An event as the statements select it. Array rows: an object a row costs the reading of a whole log dearly. */
export type EventRow = [
  position: string,
  stream: string,
  revision: string,
  id: string,
  type: string,
  data: string,
  metadata: string,
  recordedAtMs: string,
];

export const EVENT_COLUMNS = 'position, stream, revision, id, type, data, metadata, recorded_at_ms';

/** From `log_events`; the time as epoch milliseconds, so that no reader parses dates. */
export const SELECT_EVENT =
  "select position, stream, revision, id, type, data, metadata, date_part('epoch', recorded_at) * 1000 as recorded_at_ms";

/** A column of how many bytes the rows before this one hold, in the order named. */
export const sizeBefore = (order: string): string =>
  `coalesce(sum(octet_length(data) + octet_length(metadata))
    over (order by ${order} rows between unbounded preceding and 1 preceding), 0) as size_before`;

export const rawEvent = ([position, stream, revision, id, type, data, metadata, recordedAtMs]: readonly [
  ...EventRow,
  ...unknown[],
]): RawEvent => ({
  position: positionOf(Number(position)),
  stream,
  revision: Number(revision),
  id,
  type,
  data,
  metadata,
  recordedAt: Math.round(Number(recordedAtMs)),
});
