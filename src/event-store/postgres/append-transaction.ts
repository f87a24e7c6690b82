import pg from 'pg';
import { z } from 'zod';
import { plainArray, textArray } from '../../db/array-parameters.ts';
import { type EncodedAppend, judge, type StoredId, type StreamHead } from '../check-append.ts';
import type { TailPage } from '../log-tail.ts';
import { type AppendResult, type NewEvent, NO_STREAM, type Position, positionOf, type Revision } from '../port.ts';
import type { EncodedEvent } from '../stored-event.ts';
import { LOG_CHANNEL } from './reads.ts';

/** Returns the event id stored at a revision of a stream, if it was read. */
type StoredIds = (stream: string, revision: Revision) => StoredId | undefined;

type StoredIdRow = [stream: string, revision: string, id: string, position: string];

const STORED_IDS = `
  SELECT e.stream, e.revision, e.id, e.position
  FROM unnest($1::text[], $2::integer[], $3::integer[]) AS wanted (stream, first, last)
  JOIN log_events e ON e.stream = wanted.stream AND e.revision BETWEEN wanted.first AND wanted.last`;

/** Reads the event ids stored at the revisions of stale appends. If they match, the append was made before. */
const readStoredIds = async (
  client: pg.Client,
  batch: readonly EncodedAppend[],
  { streams }: Heads,
): Promise<StoredIds> => {
  const stale = batch.filter(({ append }) => append.expectedRevision < (streams.get(append.stream)?.revision ?? 0));
  if (stale.length === 0) return () => undefined;
  const { rows } = await client.query<StoredIdRow>({
    text: STORED_IDS,
    values: [
      stale.map(({ append }) => append.stream),
      stale.map(({ append }) => append.expectedRevision + 1),
      stale.map(({ append }) => append.expectedRevision + append.events.length),
    ],
    rowMode: 'array',
  });
  const found = new Map(
    rows.map(([stream, revision, id, position]) => [
      `${revision} ${stream}`,
      { id, position: positionOf(Number(position)) },
    ]),
  );
  return (stream, revision) => found.get(`${revision} ${stream}`);
};

type NewEventRow = EncodedEvent & {
  readonly event: NewEvent;
  readonly id: string;
  readonly stream: string;
  readonly revision: Revision;
};

type BatchVerdict = {
  /** For each list of appends the results, up to the first rejected one. */
  readonly results: readonly (readonly (AppendResult | Error)[])[];
  /** The events to record, in log order. The first gets the position after the log's end. */
  readonly rows: readonly NewEventRow[];
  /** Streams with events before a revision to delete. */
  readonly cuts: readonly { readonly stream: string; readonly before: Revision }[];
};

const noHead: KeptHead = { revision: NO_STREAM, deleted: false, keepsLast: false };

/**
 * Judges appends one after another, each as if the earlier ones were already committed. After a rejected append, the rest of
 * its list is ignored.
 */
const judgeBatch = (batch: readonly (readonly EncodedAppend[])[], heads: Heads, storedIds: StoredIds): BatchVerdict => {
  const now = new Map(heads.streams);
  const rows: NewEventRow[] = [];

  const standsAt = (stream: string, revision: Revision): StoredId | undefined => {
    const index = rows.findIndex((row) => row.stream === stream && row.revision === revision);
    const row = rows[index];
    return row === undefined
      ? storedIds(stream, revision)
      : { id: row.id, position: positionOf(heads.end + 1 + index) };
  };

  const resultOf = ({ append, events }: EncodedAppend): AppendResult | Error => {
    const { stream } = append;
    const head = now.get(stream) ?? noHead;
    const verdict = judge(append, head, (revision) => standsAt(stream, revision));
    if (verdict.kind === 'rejected') return verdict.error;
    if (verdict.kind === 'repeated') return verdict.appended;
    let revision = head.revision;
    for (const encoded of events) {
      revision += 1;
      rows.push({ ...encoded, stream, revision });
    }
    now.set(stream, { ...head, revision });
    return { revision, position: positionOf(heads.end + rows.length) };
  };

  const results = batch.map((appends) => {
    const given: (AppendResult | Error)[] = [];
    for (const each of appends) {
      const response = resultOf(each);
      given.push(response);
      if (response instanceof Error) break;
    }
    return given;
  });

  const cuts = [...now]
    .filter(([stream, { keepsLast, revision }]) => keepsLast && revision !== heads.streams.get(stream)?.revision)
    .map(([stream, { revision }]) => ({ stream, before: revision }));
  return { results, rows, cuts };
};

type KeptHead = StreamHead & { readonly keepsLast: boolean };

/** The state of the log for judging appends, read under the writer lock. */
type Heads = {
  /** The position of the last event; 0 in an empty log. */
  readonly end: number;
  /**
   * The time to record for new events, as Postgres prints it: the database's clock, but never before the last event.
   */
  readonly recordedAt: string;
  /** The same time in epoch ms, as delivered to readers. */
  readonly recordedAtMs: number;
  readonly streams: ReadonlyMap<string, KeptHead>;
};

type HeadRow = [end: string, recordedAt: string, recordedAtMs: string, revisions: string, flagged: string | null];

/** Returns one row: the end of the log, the revisions of the streams in $1 in this order, and those in $2 with flags. */
const HEADS = `
  WITH log_end AS (
    SELECT max(position) AS position,
      greatest(date_trunc('milliseconds', clock_timestamp()), max(recorded_at)) AS recorded_at
    FROM (
      (SELECT position, recorded_at FROM log_events ORDER BY position DESC LIMIT 1)
      UNION ALL SELECT position, recorded_at FROM log_floor
    ) AS ends
  )
  SELECT position, recorded_at, date_part('epoch', recorded_at) * 1000,
    to_json(ARRAY(
      SELECT coalesce(
        (SELECT revision FROM log_events WHERE log_events.stream = asked.stream ORDER BY revision DESC LIMIT 1),
        ${NO_STREAM}
      )
      FROM unnest($1::text[]) WITH ORDINALITY AS asked (stream, place) ORDER BY place
    )),
    (SELECT json_agg(json_build_array(stream, deleted, keeps_last)) FROM log_streams WHERE stream = ANY ($2::text[]))
  FROM log_end`;

const Revisions = z.array(z.int());
const FlaggedStreams = z.array(z.tuple([z.string(), z.boolean(), z.boolean()]));

/**
 * The last revisions of streams, as this process has read or written them over one connection. They hold as long as no other
 * process appends: then the end of the log is where this process left it.
 */
export type KnownHeads = {
  readonly client: pg.Client;
  end: number;
  /** Whether no other process appended between the last two transactions. Only then they are relied on. */
  isAlone: boolean;
  readonly revisions: Map<string, Revision>;
};

export const noKnownHeads = (client: pg.Client): KnownHeads => ({
  client,
  end: 0,
  isAlone: false,
  revisions: new Map(),
});

const MAX_KNOWN = 50_000;

/** Reads the heads of these distinct streams that are not known. @param lock resolves when the writer lock is held */
const readHeads = async (known: KnownHeads, streams: readonly string[], lock: Promise<unknown>): Promise<Heads> => {
  const { revisions } = known;
  const requested = known.isAlone ? streams.filter((stream) => !revisions.has(stream)) : streams;
  const values = [textArray(requested), textArray(streams)];
  const query = { name: 'log_heads', text: HEADS, values, rowMode: 'array' } as const;
  const [{ rows }] = await Promise.all([known.client.query<HeadRow>(query), lock]);
  const [end = '0', recordedAt = '', recordedAtMs = '0', read = '[]', flagged] = rows[0] ?? [];
  known.isAlone = Number(end) === known.end;
  if (!known.isAlone) revisions.clear();
  if (!known.isAlone && requested.length < streams.length) return await readHeads(known, streams, lock);
  for (const [index, revision] of Revisions.parse(JSON.parse(read)).entries())
    revisions.set(requested[index] ?? '', revision);
  const heads = new Map<string, KeptHead>();
  for (const stream of streams) {
    heads.set(stream, { revision: revisions.get(stream) ?? NO_STREAM, deleted: false, keepsLast: false });
  }
  for (const [stream, deleted, keepsLast] of FlaggedStreams.parse(JSON.parse(flagged ?? '[]'))) {
    heads.set(stream, { revision: heads.get(stream)?.revision ?? NO_STREAM, deleted, keepsLast });
  }
  return { end: Number(end), recordedAt, recordedAtMs: Math.round(Number(recordedAtMs)), streams: heads };
};

type TransactionResult = {
  /** For each list of appends the results, up to the first rejected one. */
  readonly results: readonly (readonly (AppendResult | Error)[])[];
  /** The end of the log after the transaction. */
  readonly end: Position;
  /**
   * The appended events, for the subscriptions of this process; `undefined` if there are none or some were cut immediately.
   */
  readonly own: TailPage | undefined;
};

/** Postgres rolled the transaction back: nothing was appended. */
export class AppendsRolledBack extends Error {
  override readonly name = 'AppendsRolledBack';
}

/**
 * Judges and makes appends in one transaction, so that they share one flush to disk. Statements are pipelined: the lock
 * and the heads are sent together, and so are the rows and the commit. After an error, the connection must be dropped.
 * @param known of the connection to write over
 * @param batch lists of appends; each append is made only if the one before it in its list succeeds
 * @param committing called right before the commit is sent, with the new end of the log. If the transaction fails
 *   before this call, or with AppendsRolledBack, nothing was appended. After any other later failure the outcome is
 *   unknown.
 */
export const appendTransaction = async (
  known: KnownHeads,
  batch: readonly (readonly EncodedAppend[])[],
  committing: (end: Position) => void,
): Promise<TransactionResult> => {
  const { client } = known;
  const all = batch.flat();
  const streams = [...new Set(all.map(({ append }) => append.stream))];
  // Separate statements, because the second must begin after the lock is held, to see all earlier commits.
  const heads = await readHeads(known, streams, client.query(BEGIN_AS_WRITER));
  const verdict = judgeBatch(batch, heads, await readStoredIds(client, all, heads));
  const { results, rows, cuts } = verdict;
  const end = positionOf(heads.end + rows.length);
  committing(end);
  const [, , { command }] = await Promise.all([
    rows.length > 0 ? insert(client, verdict, heads).catch(rolledBack) : undefined,
    cuts.length > 0 ? cut(client, verdict).catch(rolledBack) : undefined,
    client.query('COMMIT'),
  ]);
  if (command !== 'COMMIT') throw new Error(`Postgres responded to the commit of appends with ${command}`);
  known.end = heads.end + rows.length;
  if (known.revisions.size > MAX_KNOWN) known.revisions.clear();
  for (const { stream, revision } of rows) known.revisions.set(stream, revision);
  return { results, end, own: rows.length === 0 || cuts.length > 0 ? undefined : tailPageOf(verdict, heads) };
};

const tailPageOf = ({ rows }: BatchVerdict, { end, recordedAtMs }: Heads): TailPage => {
  let sizeBytes = 0;
  const events = rows.map(({ event, id, type, data, metadata, stream, revision }, place) => {
    sizeBytes += data.length + metadata.length;
    const position = positionOf(end + 1 + place);
    return {
      appended: event,
      stored: { id, type, data, metadata, stream, revision, position, recordedAt: recordedAtMs },
    };
  });
  return { after: positionOf(end), events, considered: positionOf(end + rows.length), sizeBytes, atEnd: true };
};

/** After an error that does not end the connection, Postgres responds to the following commit with a rollback. */
const rolledBack = (error: unknown): never => {
  if (error instanceof pg.DatabaseError && error.severity === 'ERROR') {
    throw new AppendsRolledBack(error.message, { cause: error });
  }
  throw error;
};

const INSERT = `
  WITH inserted AS (
    INSERT INTO log_events (position, stream, revision, id, type, data, metadata, recorded_at)
    SELECT $1::bigint + place, stream, revision, id, type, data, metadata, $2::timestamptz
    FROM unnest($3::text[], $4::integer[], $5::uuid[], $6::text[], $7::text[], $8::text[])
      WITH ORDINALITY AS appended (stream, revision, id, type, data, metadata, place)
  )
  SELECT pg_notify('${LOG_CHANNEL}', $9)`;

const insert = async (client: pg.Client, { rows }: BatchVerdict, { end, recordedAt }: Heads): Promise<void> => {
  await client.query({
    name: 'log_insert',
    text: INSERT,
    values: [
      end,
      recordedAt,
      textArray(rows.map(({ stream }) => stream)),
      plainArray(rows.map(({ revision }) => revision)),
      plainArray(rows.map(({ id }) => id)),
      textArray(rows.map(({ type }) => type)),
      textArray(rows.map(({ data }) => data)),
      textArray(rows.map(({ metadata }) => metadata)),
      positionOf(end + rows.length),
    ],
  });
};

const CUT = `
  DELETE FROM log_events e USING unnest($1::text[], $2::integer[]) AS cut (stream, before)
  WHERE e.stream = cut.stream AND e.revision < cut.before`;

const cut = async (client: pg.Client, { cuts }: BatchVerdict): Promise<void> => {
  await client.query(CUT, [cuts.map(({ stream }) => stream), cuts.map(({ before }) => before)]);
};

/**
 * Begins a transaction that holds the writer lock of the log, so that only one process writes at a time.
 * - The lock is advisory: a row lock would rewrite a row with each append.
 * - Postgres releases the lock only after the commit is visible. So each statement that begins after the lock was taken sees
 * everything that earlier writers committed. This needs `read committed`: with a stricter isolation level, all statements
 * would see the snapshot from before the lock.
 * - `synchronous_commit` is on, whatever the default of the server, so that an acknowledged append survives a crash.
 */
export const BEGIN_AS_WRITER =
  'BEGIN ISOLATION LEVEL READ COMMITTED; SET LOCAL synchronous_commit TO on; SELECT pg_advisory_xact_lock(4846318273410263)';
