import type pg from 'pg';
import type { StreamHead } from '../judge.ts';

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

type HeadRow = [
  end: string,
  recordedAt: string,
  recordedAtMs: string,
  stream: string,
  revision: string,
  deleted: string,
  keepsLast: string,
];

const HEADS = `
  with log_end as (
    select max(position) as position,
      greatest(date_trunc('milliseconds', clock_timestamp()), max(recorded_at)) as recorded_at
    from (
      (select position, recorded_at from log_events order by position desc limit 1)
      union all select position, recorded_at from log_floor
    ) as ends
  )
  select
    log_end.position,
    log_end.recorded_at,
    date_part('epoch', log_end.recorded_at) * 1000,
    asked.stream,
    coalesce((select max(e.revision) from log_events e where e.stream = asked.stream), -1),
    coalesce(kept.deleted, false),
    coalesce(kept.keeps_last, false)
  from log_end
  cross join unnest($1::text[]) as asked (stream)
  left join log_streams kept on kept.stream = asked.stream`;

/** @param streams distinct, at least one */
export const readHeads = async (client: pg.Client, streams: readonly string[]): Promise<Heads> => {
  const { rows } = await client.query<HeadRow>({ name: 'log_heads', text: HEADS, values: [streams], rowMode: 'array' });
  const [end = '0', recordedAt = '', recordedAtMs = '0'] = rows[0] ?? [];
  const heads = rows.map(([, , , stream, revision, deleted, keepsLast]): [string, KeptHead] => [
    stream,
    { revision: Number(revision), deleted: deleted === 't', keepsLast: keepsLast === 't' },
  ]);
  return { end: Number(end), recordedAt, recordedAtMs: Math.round(Number(recordedAtMs)), streams: new Map(heads) };
};
