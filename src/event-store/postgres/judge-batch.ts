import type pg from 'pg';
import { z } from 'zod';
import { fromTextList, textList } from '../../db/text-list.ts';
import { type EncodedAppend, judge, type StoredId, type StreamHead } from '../check-append.ts';
import { type AppendResult, type NewEvent, NO_STREAM, positionOf, type Revision } from '../port.ts';
import type { EncodedEvent } from '../stored-event.ts';

/** Returns the event id stored at a revision of a stream, if it was read. */
type StoredIds = (stream: string, revision: Revision) => StoredId | undefined;

type StoredIdRow = [stream: string, revision: string, id: string, position: string];

const STORED_IDS = `
  SELECT e.stream, e.revision, e.id, e.position
  FROM unnest($1::text[], $2::integer[], $3::integer[]) AS wanted (stream, first, last)
  JOIN log_events e ON e.stream = wanted.stream AND e.revision BETWEEN wanted.first AND wanted.last`;

/** Reads the event ids stored at the revisions of stale appends. If they match, the append was made before. */
export const readStoredIds = async (
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

export type NewEventRow = EncodedEvent & {
  readonly event: NewEvent;
  readonly id: string;
  readonly stream: string;
  readonly revision: Revision;
};

export type BatchVerdict = {
  /** For each list of appends the results, up to the first rejected one. */
  readonly answers: readonly (readonly (AppendResult | Error)[])[];
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
export const judgeBatch = (
  batch: readonly (readonly EncodedAppend[])[],
  heads: Heads,
  storedIds: StoredIds,
): BatchVerdict => {
  const now = new Map(heads.streams);
  const rows: NewEventRow[] = [];

  const standsAt = (stream: string, revision: Revision): StoredId | undefined => {
    const index = rows.findIndex((row) => row.stream === stream && row.revision === revision);
    const row = rows[index];
    return row === undefined
      ? storedIds(stream, revision)
      : { id: row.id, position: positionOf(heads.end + 1 + index) };
  };

  const answerTo = ({ append, events }: EncodedAppend): AppendResult | Error => {
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

  const answers = batch.map((appends) => {
    const given: (AppendResult | Error)[] = [];
    for (const each of appends) {
      const answer = answerTo(each);
      given.push(answer);
      if (answer instanceof Error) break;
    }
    return given;
  });

  const cuts = [...now]
    .filter(([stream, { keepsLast, revision }]) => keepsLast && revision !== heads.streams.get(stream)?.revision)
    .map(([stream, { revision }]) => ({ stream, before: revision }));
  return { answers, rows, cuts };
};

type KeptHead = StreamHead & { readonly keepsLast: boolean };

/** The state of the log for judging appends, read under the writer lock. */
export type Heads = {
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

type HeadRow = [end: string, recordedAt: string, recordedAtMs: string, revisions: string, kept: string | null];

/** Returns one row: the end of the log, the revisions of all streams in the given order, and the streams with flags. */
const HEADS = `
  WITH log_end AS (
    SELECT max(position) AS position,
      greatest(date_trunc('milliseconds', clock_timestamp()), max(recorded_at)) AS recorded_at
    FROM (
      (SELECT position, recorded_at FROM log_events ORDER BY position DESC LIMIT 1)
      UNION ALL SELECT position, recorded_at FROM log_floor
    ) AS ends
  ), asked AS (
    SELECT stream, place FROM unnest(${fromTextList('$1')}) WITH ORDINALITY AS asked (stream, place)
  )
  SELECT position, recorded_at, date_part('epoch', recorded_at) * 1000,
    (SELECT string_agg(coalesce(last.revision, ${NO_STREAM})::text, ',' ORDER BY place)
     FROM asked LEFT JOIN LATERAL (
       SELECT revision FROM log_events WHERE log_events.stream = asked.stream ORDER BY revision DESC LIMIT 1
     ) AS last ON TRUE),
    (SELECT json_agg(json_build_array(stream, deleted, keeps_last)) FROM log_streams JOIN asked USING (stream))
  FROM log_end`;

const FlaggedStreams = z.array(z.tuple([z.string(), z.boolean(), z.boolean()]));

/** @param streams distinct, at least one */
export const readHeads = async (client: pg.Client, streams: readonly string[]): Promise<Heads> => {
  const asked = { name: 'log_heads', text: HEADS, values: [textList(streams)], rowMode: 'array' } as const;
  const { rows } = await client.query<HeadRow>(asked);
  const [end = '0', recordedAt = '', recordedAtMs = '0', revisions = '', flagged] = rows[0] ?? [];
  const heads = new Map<string, KeptHead>();
  for (const [index, revision] of revisions.split(',').entries()) {
    heads.set(streams[index] ?? '', { revision: Number(revision), deleted: false, keepsLast: false });
  }
  for (const [stream, deleted, keepsLast] of FlaggedStreams.parse(JSON.parse(flagged ?? '[]'))) {
    heads.set(stream, { revision: heads.get(stream)?.revision ?? NO_STREAM, deleted, keepsLast });
  }
  return { end: Number(end), recordedAt, recordedAtMs: Math.round(Number(recordedAtMs)), streams: heads };
};
