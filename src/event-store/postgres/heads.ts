import type pg from 'pg';
import { z } from 'zod';
import { fromTextList, textList } from '../../db/text-list.ts';
import type { StreamHead } from '../judge.ts';
import { NO_STREAM } from '../port.ts';

export type KeptHead = StreamHead & { readonly keepsLast: boolean };

/** The state of the log that appends are judged by, read under the writer lock. */
export type Heads = {
  /** The position of the last event; 0 in an empty log. */
  readonly end: number;
  /**
   * The time to record for new events, as Postgres prints it: the database's clock, but never before the last event.
   */
  readonly recordedAt: string;
  /** The same time in epoch milliseconds, as readers of the events get it. */
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
