import type pg from 'pg';
import { PAGE_LIMIT } from '../paged-subscription.ts';
import type { DeliveredAs, ReadOptions } from '../port.ts';
import type { RawEvent } from '../stored-event.ts';
import { EVENT_COLUMNS, type EventRow, rawEvent, SELECT_EVENT, sizeBefore } from './event-row.ts';
import type { RetryWhileUnavailable } from './retry-while-unavailable.ts';

const LAST_REVISION = 2_147_483_647;

const streamSql = ({ from, order }: { from: string; order: string }): string => `
  SELECT ${EVENT_COLUMNS}
  FROM (
    ${SELECT_EVENT}, ${sizeBefore(order)}
    FROM log_events
    WHERE stream = $1 AND ${from}
    ORDER BY ${order}
    LIMIT $3
  ) AS candidates
  WHERE size_before < ${PAGE_LIMIT.bytes}
  ORDER BY ${order}`;

const FORWARDS = { name: 'log_forwards', text: streamSql({ from: 'revision >= $2', order: 'revision' }) };
const BACKWARDS = { name: 'log_backwards', text: streamSql({ from: 'revision <= $2', order: 'revision DESC' }) };

/** Yields the events of a stream in pages. Each page is read when the reader asks for it. */
export async function* readStreamPages(
  { pool, patiently }: { readonly pool: pg.Pool; readonly patiently: RetryWhileUnavailable },
  stream: string,
  { direction = 'forwards', from, limit = Number.POSITIVE_INFINITY }: ReadOptions<DeliveredAs>,
): AsyncGenerator<readonly RawEvent[], void, undefined> {
  const [statement, start, step] =
    direction === 'forwards' ? ([FORWARDS, 0, 1] as const) : ([BACKWARDS, LAST_REVISION, -1] as const);
  let next = from ?? start;
  for (let left = limit; left > 0; ) {
    const values = [stream, next, Math.min(left, PAGE_LIMIT.events)];
    const { rows } = await patiently(() => pool.query<EventRow>({ ...statement, values, rowMode: 'array' }));
    const events = rows.map(rawEvent);
    const last = events.at(-1);
    if (last === undefined) return;
    yield events;
    left -= events.length;
    next = last.revision + step;
    if (next < 0) return;
  }
}

const LAST = {
  name: 'log_last',
  text: `
    SELECT ${EVENT_COLUMNS}
    FROM unnest($1::text[]) AS asked (stream_asked)
    CROSS JOIN LATERAL (
      ${SELECT_EVENT} FROM log_events WHERE stream = stream_asked ORDER BY revision DESC LIMIT 1
    ) AS last`,
};

/** Reads the last event of each stream that has one. */
export const readLastEvents = async (
  pool: pg.Pool,
  streams: readonly string[],
): Promise<ReadonlyMap<string, RawEvent>> => {
  const { rows } = await pool.query<EventRow>({ ...LAST, values: [[...new Set(streams)]], rowMode: 'array' });
  return new Map(rows.map((row) => [row[1], rawEvent(row)]));
};
