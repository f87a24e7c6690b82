import type pg from 'pg';
import type { RawEvent } from '../codec.ts';
import { PAGE_LIMIT } from '../paged-subscription.ts';
import type { ReadOptions } from '../port.ts';
import { EVENT_COLUMNS, type EventRow, rawEvent, SELECT_EVENT, sizeBefore } from './event-row.ts';
import type { RetryWhileAway } from './patience.ts';

const LAST_REVISION = 2_147_483_647;

const streamSql = ({ from, order }: { from: string; order: string }): string => `
  select ${EVENT_COLUMNS}
  from (
    ${SELECT_EVENT}, ${sizeBefore(order)}
    from log_events
    where stream = $1 and ${from}
    order by ${order}
    limit $3
  ) as candidates
  where size_before < ${PAGE_LIMIT.bytes}
  order by ${order}`;

const FORWARDS = { name: 'log_forwards', text: streamSql({ from: 'revision >= $2', order: 'revision' }) };
const BACKWARDS = { name: 'log_backwards', text: streamSql({ from: 'revision <= $2', order: 'revision desc' }) };

/** Yields the events of a stream in pages. Each page is read when the reader asks for it. */
export async function* readStreamPages(
  { pool, patiently }: { readonly pool: pg.Pool; readonly patiently: RetryWhileAway },
  stream: string,
  { direction = 'forwards', from, limit = Number.POSITIVE_INFINITY }: ReadOptions,
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
    select ${EVENT_COLUMNS}
    from unnest($1::text[]) as asked (stream_asked)
    cross join lateral (
      ${SELECT_EVENT} from log_events where stream = stream_asked order by revision desc limit 1
    ) as last`,
};

/** Reads the last event of each stream that has one. */
export const readLastEvents = async (
  pool: pg.Pool,
  streams: readonly string[],
): Promise<ReadonlyMap<string, RawEvent>> => {
  const { rows } = await pool.query<EventRow>({ ...LAST, values: [[...new Set(streams)]], rowMode: 'array' });
  return new Map(rows.map((row) => [row[1], rawEvent(row)]));
};
