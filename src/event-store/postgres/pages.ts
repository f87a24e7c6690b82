import type pg from 'pg';
import { type LogPage, PAGE_LIMIT } from '../paged-subscription.ts';
import { LOG_START, type Position, positionOf } from '../port.ts';
import { EVENT_COLUMNS, type EventRow, rawEvent, SELECT_EVENT, sizeBefore } from './event-row.ts';

/** How many positions one statement searches for events that pass a filter. It keeps each statement short. */
const SPAN = 20_000;

type PageRow = [...EventRow, end: string] | [null, null, null, null, null, null, null, null, end: string];

/**
 * Reads a page and the end of the log in one statement, so that both are of the same moment. The join with the single
 * row of the end keeps the order of the page; sorting again would be 10 % slower.
 */
const pageSql = (filter: string): string => `
  SELECT page.*, log_end.position
  FROM (
    SELECT greatest((SELECT max(position) FROM log_events), (SELECT position FROM log_floor)) AS position
  ) AS log_end
  LEFT JOIN LATERAL (
    SELECT ${EVENT_COLUMNS}
    FROM (
      ${SELECT_EVENT}, ${sizeBefore('position')}
      FROM log_events
      WHERE position > $1 AND position <= least(log_end.position, $1::bigint + ${SPAN}) ${filter}
      ORDER BY position
      LIMIT ${PAGE_LIMIT.events}
    ) AS candidates
    WHERE size_before < ${PAGE_LIMIT.bytes}
  ) AS page ON TRUE`;

const WHOLE = { name: 'log_page', text: pageSql('') };
const FILTERED = { name: 'log_page_filtered', text: pageSql('AND stream ^@ ANY ($2::text[])') };

/** Reads the next events after a position. */
export const readPage = async (
  pool: pg.Pool,
  { after, streamPrefixes }: { after: Position; streamPrefixes: readonly string[] | undefined },
): Promise<LogPage> => {
  const statement = streamPrefixes === undefined ? WHOLE : FILTERED;
  const values = streamPrefixes === undefined ? [after] : [after, streamPrefixes];
  const { rows } = await pool.query<PageRow>({ ...statement, values, rowMode: 'array' });
  const events = rows.flatMap((row) => (row[0] === null ? [] : [rawEvent(row)]));
  const end = positionOf(Number(rows[0]?.[8] ?? 0));
  const considered = later(after, isCut(events) ? (events.at(-1)?.position ?? after) : spanEnd(after, end));
  return { events, considered, atEnd: considered >= end };
};

/**
 * Tells whether the page may have reached its limit before the end of its span. A UTF-16 unit has at most three bytes.
 */
const isCut = (events: LogPage['events']): boolean => {
  if (events.length >= PAGE_LIMIT.events) return true;
  let units = 0;
  for (const { data, metadata } of events) units += data.length + metadata.length;
  return 3 * units >= PAGE_LIMIT.bytes;
};

const spanEnd = (after: Position, end: Position): Position => {
  const spanned = positionOf(Number(after) + SPAN);
  return spanned < end ? spanned : end;
};

const later = (a: Position, b: Position): Position => (a > b ? a : b);

/** Reads the position of the log's end; undefined for a log that never had an event. */
export const readEnd = async (pool: pg.Pool | pg.Client): Promise<Position | undefined> => {
  const { rows } = await pool.query<[string]>({
    text: 'SELECT greatest((SELECT max(position) FROM log_events), (SELECT position FROM log_floor))',
    rowMode: 'array',
  });
  const end = positionOf(Number(rows[0]?.[0] ?? 0));
  return end === LOG_START ? undefined : end;
};

export const readIdAt = async (pool: pg.Pool, position: Position): Promise<{ id: string } | undefined> => {
  const { rows } = await pool.query<[string]>({
    text: 'SELECT id FROM log_events WHERE position = $1',
    values: [position],
    rowMode: 'array',
  });
  const id = rows[0]?.[0];
  return id === undefined ? undefined : { id };
};
