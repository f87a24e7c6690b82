import type { ClientBase } from 'pg';
import { z } from 'zod';
import type { Session } from '../db/session.ts';
import {
  comparePositions,
  type EventStore,
  type Position,
  type RecordedEvent,
  type TextEvent,
} from '../event-store/port.ts';
import { readLog } from '../event-store/read-log.ts';
import type { Comparison } from './builds.ts';
import type { ProjectedEvents } from './projection.ts';
import type { RowDifference } from './queries/projection-views.ts';
import { findGenerations, type Generation } from './registry.ts';

type Comparing = {
  readonly store: EventStore;
  /** Limit of one statement. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
};

/**
 * Compares a rebuilt generation with the live one while the live one keeps running. One snapshot reads the live tables and
 * their checkpoint. The same transaction applies the events up to that checkpoint to the rebuilt tables, so both are
 * compared at the same log position, and is then rolled back.
 * @returns `undefined` if the live generation is behind the rebuilt one
 */
export const compareWithLive = async (
  { client }: Session,
  built: Generation,
  comparing: Comparing,
): Promise<Comparison | undefined> => {
  const { projection, checkpoint, schema } = built;
  const { timeoutMs, signal } = comparing;
  await client.query(
    `BEGIN ISOLATION LEVEL REPEATABLE READ; SET LOCAL statement_timeout TO ${timeoutMs};
     SET LOCAL enable_seqscan TO on; SET LOCAL work_mem TO '64MB'`,
  );
  try {
    const [live] = await findGenerations(client, [projection], 'live');
    const position = live?.checkpoint.position;
    if (live === undefined || position === undefined) return undefined;
    if (comparePositions(position, checkpoint.lastEvent?.position ?? position) < 0) return undefined;
    const events = await eventsUpTo(position, built, comparing);
    signal.throwIfAborted();
    const buffer = projection.buffer();
    buffer.add(events);
    await buffer.take()?.write(client, schema);
    const { count, first } = await compareTables(
      client,
      { live: live.schema, built: schema, tables: projection.views },
      timeoutMs,
    );
    return { position, count, differences: first };
  } finally {
    await client.query('ROLLBACK').catch(() => {});
  }
};

/** Reads the events after the generation's checkpoint up to this position. */
const eventsUpTo = async (
  position: Position,
  { checkpoint, projection }: Generation,
  { store, signal }: Comparing,
): Promise<ProjectedEvents> => {
  const events: RecordedEvent[] = [];
  const texts: TextEvent[] = [];
  const after = checkpoint.position;
  if (after !== undefined && comparePositions(position, after) <= 0) return { events, texts };
  const { streamPrefixes, readsTexts } = projection;
  const options = { after, end: position, streamPrefixes, signal };
  if (readsTexts) {
    for await (const { events: found } of readLog(store, { ...options, as: 'texts' })) texts.push(...found);
  } else {
    for await (const { events: found } of readLog(store, options)) events.push(...found);
  }
  return { events, texts };
};

type Json = z.infer<ReturnType<typeof z.json>>;

type Differences = { readonly count: number; readonly first: RowDifference[] };

/** The maximum number of differences that are listed. */
const MAX_LISTED = 100;
const ROWS_AT_ONCE = 500;
const VALUE_LENGTH = 200;

const Rows = z.array(
  z.object({
    live: z.record(z.string(), z.json()).nullable(),
    built: z.record(z.string(), z.json()).nullable(),
  }),
);
type RowPair = z.infer<typeof Rows>[number];

type Schemas = { readonly live: string; readonly built: string; readonly tables: readonly string[] };

/**
 * Compares the tables of two generations row by row, in the open transaction. Texts with JSON are equal if their values are,
 * whatever the order of keys.
 */
const compareTables = async (
  client: ClientBase,
  { live, built, tables }: Schemas,
  timeoutMs: number,
): Promise<Differences> => {
  const first: RowDifference[] = [];
  let count = 0;
  for (const table of tables) {
    const key = await primaryKey(client, `${built}.${table}`);
    const limited = (text: string) => ({ text, query_timeout: timeoutMs });
    await client.query(
      limited(`DECLARE compared NO SCROLL CURSOR FOR
       SELECT to_jsonb(live) AS live, to_jsonb(built) AS built
       FROM ${live}.${table} AS live FULL JOIN ${built}.${table} AS built USING (${key.join(', ')})
       WHERE live IS DISTINCT FROM built`),
    );
    for (let fetched = ROWS_AT_ONCE; fetched === ROWS_AT_ONCE; ) {
      const { rows } = await client.query(limited(`FETCH ${ROWS_AT_ONCE} FROM compared`));
      fetched = rows.length;
      for (const pair of Rows.parse(rows)) {
        const difference = differenceOf(pair, { table, key });
        if (difference === undefined) continue;
        count += 1;
        if (first.length < MAX_LISTED) first.push(difference);
      }
    }
    await client.query('CLOSE compared');
  }
  return { count, first };
};

const primaryKey = async (client: ClientBase, table: string): Promise<string[]> => {
  const { rows } = await client.query<{ name: string }>(
    `SELECT quote_ident(attname) AS name FROM pg_index
     JOIN pg_attribute ON attrelid = indrelid AND attnum = ANY (indkey)
     WHERE indrelid = $1::regclass AND indisprimary`,
    [table],
  );
  return rows.map(({ name }) => name);
};

const differenceOf = (
  { live, built }: RowPair,
  { table, key: names }: { readonly table: string; readonly key: readonly string[] },
): RowDifference | undefined => {
  const row = built ?? live ?? {};
  const key = Object.fromEntries(names.map((name) => [name, row[name] ?? null]));
  if (live === null) return { table, key, kind: 'missing' };
  if (built === null) return { table, key, kind: 'extra' };
  const columns = Object.keys(built)
    .filter((column) => canonical(live[column]) !== canonical(built[column]))
    .map((column) => ({ column, live: shown(live[column]), log: shown(built[column]) }));
  return columns.length === 0 ? undefined : { table, key, kind: 'different', columns };
};

const shown = (value: Json | undefined): string =>
  (typeof value === 'string' ? value : JSON.stringify(value ?? null)).slice(0, VALUE_LENGTH);

const JSON_TEXT = /^[{[]/;

/** A value as text, with keys in order. JSON in texts is parsed. */
const canonical = (value: Json | undefined): string =>
  JSON.stringify(value ?? null, (_key, part: unknown) => {
    const said = typeof part === 'string' && JSON_TEXT.test(part) ? parsedOr(part) : part;
    if (typeof said !== 'object' || said === null || Array.isArray(said)) return said;
    return Object.fromEntries(Object.entries(said).sort(([a], [b]) => (a < b ? -1 : 1)));
  });

const parsedOr = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
};
