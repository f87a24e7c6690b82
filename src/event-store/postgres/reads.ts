import type pg from 'pg';
import { pollAfterDelay } from '../../runtime/poll.ts';
import type { Runtime } from '../../runtime/runtime.ts';
import type { Availability } from '../errors.ts';
import { type LogPage, PAGE_LIMIT } from '../log-tail.ts';
import {
  comparePositions,
  type DeliveredAs,
  LOG_START,
  type Position,
  paddedPosition,
  positionOf,
  type ReadOptions,
} from '../port.ts';
import type { RawEvent } from '../stored-event.ts';
import type { OneConnection, RetryWhileUnavailable } from './connection.ts';

/** The notification channel. Each commit sends the new end of the log. */
export const LOG_CHANNEL = 'carillon_log';

const PAUSE_MS = 1_000;
const PROBE_MS = 5_000;

type Waiter = { readonly position: Position; readonly wake: () => void };

/** Wakes the subscriptions of this process when the log has new events. */
type Wakeups = {
  /** Whether the log is known to have events after the position. */
  goesOnAfter(position: Position): boolean;
  /** Notes that the log's end is at or after this position. */
  reached(position: Position): void;
  /**
   * Notes that this process is appending over this connection. Its notification may arrive before its response, which
   * brings the events themselves, and is deferred until the returned function is called.
   */
  sending(client: pg.Client): () => void;
  /** Resolves when the log has events after the position, when that is unknown, or when the signal aborts. */
  moreAfter(position: Position, signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
};

/**
 * Creates the wakeups. One listening connection serves all subscriptions. In case a notification was lost, it reads the
 * log's end if the process has learned nothing of it for `pollMs`. While it does not respond, subscriptions poll.
 */
export const createWakeups = ({
  connection,
  world,
  availability,
  pollMs,
}: {
  connection: OneConnection;
  world: Runtime;
  availability: Availability;
  pollMs: number;
}): Wakeups => {
  const closing = new AbortController();
  const waiting = new Set<Waiter>();
  let known = LOG_START;
  let reachedAtMs = Number.NEGATIVE_INFINITY;
  let ownUnderWay: { readonly processId: number | null; notified?: Position } | undefined;
  let listening: Promise<void> | undefined;

  const wakeAll = (): void => {
    for (const one of waiting) one.wake();
  };

  const reached = (position: Position): void => {
    reachedAtMs = world.clock.monotonic();
    if (comparePositions(position, known) > 0) known = position;
    for (const one of waiting) if (comparePositions(one.position, known) < 0) one.wake();
  };

  const sending: Wakeups['sending'] = (client) => {
    const own: typeof ownUnderWay = { processId: client.processID };
    ownUnderWay = own;
    return () => {
      if (ownUnderWay === own) ownUnderWay = undefined;
      if (own.notified !== undefined) reached(own.notified);
    };
  };

  const notified = ({ processId, payload = LOG_START }: pg.Notification): void => {
    if (ownUnderWay !== undefined && processId === ownUnderWay.processId) ownUnderWay.notified = payload;
    else reached(payload);
  };

  /** Wakes the subscriptions every `pollMs` until the response has arrived. */
  const wakingUntil = <T>(response: Promise<T>): Promise<T> => {
    const arrived = new AbortController();
    void pollAfterDelay(wakeAll, { timers: world.timers, everyMs: pollMs, signal: arrived.signal });
    return response.finally(() => arrived.abort());
  };

  /** Listens until the store is closed. After connecting, reads the log's end, because earlier notifications were missed. */
  const listen = async (): Promise<void> => {
    for (let failures = 0; !closing.signal.aborted; ) {
      try {
        const client = await wakingUntil(connection.get());
        const ended = Promise.withResolvers<true>();
        client.once('end', () => ended.resolve(true));
        client.on('notification', notified);
        await wakingUntil(client.query(`LISTEN ${LOG_CHANNEL}`));
        failures = 0;
        let probedAtMs = Number.NEGATIVE_INFINITY;
        for (let lost = false; !lost && !closing.signal.aborted; ) {
          const nowMs = world.clock.monotonic();
          // Reading the end also detects a silent connection, which is then replaced.
          if (nowMs - probedAtMs >= PROBE_MS || nowMs - reachedAtMs >= pollMs) {
            reached((await wakingUntil(readEnd(client))) ?? LOG_START);
            availability.worked('wakes');
            probedAtMs = nowMs;
          }
          lost = await Promise.race([
            ended.promise,
            world.timers.sleep(Math.min(pollMs, PROBE_MS), closing.signal, 'look').then(() => false),
          ]);
        }
      } catch (error) {
        failures += 1;
        if (closing.signal.aborted) return;
        availability.failed('wakes', error);
        wakeAll();
        if (failures > 1) await world.timers.sleep(PAUSE_MS, closing.signal);
      } finally {
        connection.drop();
      }
    }
  };

  return {
    goesOnAfter: (position) => comparePositions(position, known) < 0,
    reached,
    sending,
    moreAfter: (position, signal) =>
      new Promise((resolve) => {
        listening ??= listen();
        if (signal.aborted || comparePositions(position, known) < 0) return resolve();
        const wake = () => {
          waiting.delete(one);
          signal.removeEventListener('abort', wake);
          resolve();
        };
        const one = { position, wake };
        waiting.add(one);
        signal.addEventListener('abort', wake, { once: true });
      }),
    close: async () => {
      closing.abort();
      wakeAll();
      await connection.close();
      await listening;
    },
  };
};

/**
 * An event as the statements select it. Rows are arrays, because objects would make reading a whole log much slower.
 */
type EventRow = [
  position: string,
  stream: string,
  revision: string,
  id: string,
  type: string,
  data: string,
  metadata: string,
  recordedAtMs: string,
];

const EVENT_COLUMNS = 'position, stream, revision, id, type, data, metadata, recorded_at_ms';

/** Selects events from `log_events`, with the time as epoch milliseconds, so that no date must be parsed. */
const SELECT_EVENT =
  "SELECT position, stream, revision, id, type, data, metadata, date_part('epoch', recorded_at) * 1000 AS recorded_at_ms";

/** Builds a column with the total size in bytes of all rows before this one, in the given order. */
const sizeBefore = (order: string): string =>
  `coalesce(sum(octet_length(data) + octet_length(metadata))
    OVER (ORDER BY ${order} ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS size_before`;

const rawEvent = ([position, stream, revision, id, type, data, metadata, recordedAtMs]: readonly [
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

/** How many positions one statement searches for events that pass a filter, to keep each statement short. */
const SPAN = 20_000;

type PageRow = [...EventRow, end: string] | [null, null, null, null, null, null, null, null, end: string];

/**
 * Reads a page and the end of the log in one statement, so that both are of the same moment. The join with the single
 * row of the end keeps the order of the page, so it is not sorted again.
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

/** Returns whether the page may have reached its limit before the end of its span. A UTF-16 unit has up to three bytes. */
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
    name: 'log_end',
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

/** Yields the events of a stream in pages, each read on request. */
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
