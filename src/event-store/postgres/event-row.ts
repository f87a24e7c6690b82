import { paddedPosition } from '../port.ts';
import type { RawEvent } from '../stored-event.ts';

/**
 * An event as the statements select it. Rows are arrays, because objects would make reading a whole log much slower.
 */
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

/** Selects events from `log_events`, with the time as epoch milliseconds, so that no date must be parsed. */
export const SELECT_EVENT =
  "SELECT position, stream, revision, id, type, data, metadata, date_part('epoch', recorded_at) * 1000 AS recorded_at_ms";

/** Builds a column with the total size in bytes of all rows before this one, in the given order. */
export const sizeBefore = (order: string): string =>
  `coalesce(sum(octet_length(data) + octet_length(metadata))
    OVER (ORDER BY ${order} ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS size_before`;

export const rawEvent = ([position, stream, revision, id, type, data, metadata, recordedAtMs]: readonly [
  ...EventRow,
  ...unknown[],
]): RawEvent => ({
  position: paddedPosition(position),
  stream,
  revision: Number(revision),
  id,
  type,
  data,
  metadata,
  recordedAt: Math.round(Number(recordedAtMs)),
});
