import type pg from 'pg';
import { z } from 'zod';
import { fromTextList, textList } from '../../db/text-list.ts';
import type { StreamHead } from '../judge.ts';
import { NO_STREAM } from '../port.ts';

export type KeptHead = StreamHead & { readonly keepsLast: boolean };

/** The log as whoever holds the writer lock finds it. */
export type Heads = {
  /** Position of the last event, 0 in an empty log. */
  readonly end: number;
  /** When what is appended now is recorded, as Postgres writes it: the database's clock, never before the last event. */
  readonly recordedAt: string;
  /** The same in epoch ms, as whoever reads the events gets it. */
  readonly recordedAtMs: number;
  readonly streams: ReadonlyMap<string, KeptHead>;
};

type HeadRow = [end: string, recordedAt: string, recordedAtMs: string, revisions: string, kept: string | null];

/** One row for all streams: their revisions in the order asked for, and what is odd about some of them. */
const HEADS = `
  with log_end as (
    select max(position) as position,
      greatest(date_trunc('milliseconds', clock_timestamp()), max(recorded_at)) as recorded_at
    from (
      (select position, recorded_at from log_events order by position desc limit 1)
      union all select position, recorded_at from log_floor
    ) as ends
  ), asked as (
    select stream, place from unnest(${fromTextList('$1')}) with ordinality as asked (stream, place)
  )
  select position, recorded_at, date_part('epoch', recorded_at) * 1000,
    (select string_agg(coalesce(last.revision, ${NO_STREAM})::text, ',' order by place)
     from asked left join lateral (
       select revision from log_events where log_events.stream = asked.stream order by revision desc limit 1
     ) as last on true),
    (select json_agg(json_build_array(stream, deleted, keeps_last)) from log_streams join asked using (stream))
  from log_end`;

const Odd = z.array(z.tuple([z.string(), z.boolean(), z.boolean()]));

/** @param streams distinct, at least one */
export const readHeads = async (client: pg.Client, streams: readonly string[]): Promise<Heads> => {
  const asked = { name: 'log_heads', text: HEADS, values: [textList(streams)], rowMode: 'array' } as const;
  const { rows } = await client.query<HeadRow>(asked);
  const [end = '0', recordedAt = '', recordedAtMs = '0', revisions = '', odd] = rows[0] ?? [];
  const heads = new Map<string, KeptHead>();
  for (const [index, revision] of revisions.split(',').entries()) {
    heads.set(streams[index] ?? '', { revision: Number(revision), deleted: false, keepsLast: false });
  }
  for (const [stream, deleted, keepsLast] of Odd.parse(JSON.parse(odd ?? '[]'))) {
    heads.set(stream, { revision: heads.get(stream)?.revision ?? NO_STREAM, deleted, keepsLast });
  }
  return { end: Number(end), recordedAt, recordedAtMs: Math.round(Number(recordedAtMs)), streams: heads };
};
