import pg from 'pg';
import type { EncodedAppend } from '../../src/event-store/check-append.ts';
import { judge } from '../../src/event-store/check-append.ts';
import { type AppendResult, NO_STREAM, positionOf } from '../../src/event-store/port.ts';
import { BEGIN_AS_WRITER } from '../../src/event-store/postgres/append-transaction.ts';

/** Appends as versions did that call no function in Postgres, and may run beside newer ones. */
export type OlderLogWriter = {
  /** Makes the appends one after another in one transaction, until one of them is rejected. */
  append(appends: readonly EncodedAppend[]): Promise<(AppendResult | Error)[]>;
  close(): Promise<void>;
};

const HEADS = `
  WITH log_end AS (
    SELECT max(position) AS position,
      greatest(date_trunc('milliseconds', clock_timestamp()), max(recorded_at)) AS recorded_at
    FROM (
      (SELECT position, recorded_at FROM log_events ORDER BY position DESC LIMIT 1)
      UNION ALL SELECT position, recorded_at FROM log_floor
    ) AS ends
  )
  SELECT position::integer, recorded_at::text,
    coalesce((SELECT revision FROM log_events WHERE stream = $1 ORDER BY revision DESC LIMIT 1), ${NO_STREAM}) AS revision,
    coalesce((SELECT deleted FROM log_streams WHERE stream = $1), false) AS deleted
  FROM log_end`;

const STORED_IDS = `
  SELECT revision, id, position::integer FROM log_events WHERE stream = $1 AND revision BETWEEN $2 AND $3`;

const INSERT = `
  WITH inserted AS (
    INSERT INTO log_events (position, stream, revision, id, type, data, metadata, recorded_at)
    SELECT $1::bigint + place, stream, revision, id, type, data, metadata, $2::timestamptz
    FROM unnest($3::text[], $4::integer[], $5::uuid[], $6::text[], $7::text[], $8::text[])
      WITH ORDINALITY AS appended (stream, revision, id, type, data, metadata, place)
  )
  SELECT pg_notify('carillon_log', $9)`;

const KEEP_LAST = `
  DELETE FROM log_events e USING log_streams s
  WHERE s.stream = $1 AND s.keeps_last AND e.stream = s.stream AND e.revision < $2`;

export const olderLogWriter = async (url: string): Promise<OlderLogWriter> => {
  const client = new pg.Client({ connectionString: url, application_name: 'carillon log writer' });
  await client.connect();

  const makeOne = async ({ append, events }: EncodedAppend): Promise<AppendResult | Error> => {
    const { stream, expectedRevision } = append;
    const { rows } = await client.query(HEADS, [stream]);
    const { position, recorded_at: recordedAt, revision, deleted } = rows[0];
    const range = [stream, expectedRevision + 1, expectedRevision + events.length];
    const { rows: stored } = expectedRevision < revision ? await client.query(STORED_IDS, range) : { rows: [] };
    const verdict = judge(append, { revision, deleted }, (at) => {
      const found = stored.find((row) => row.revision === at);
      return found && { id: found.id, position: positionOf(found.position) };
    });
    if (verdict.kind === 'rejected') return verdict.error;
    if (verdict.kind === 'repeated') return verdict.appended;
    const end = positionOf(position + events.length);
    const columns = [
      events.map(() => stream),
      events.map((_, index) => revision + 1 + index),
      events.map(({ id }) => id),
      events.map(({ type }) => type),
      events.map(({ data }) => data),
      events.map(({ metadata }) => metadata),
    ];
    await client.query(INSERT, [position, recordedAt, ...columns, end]);
    await client.query(KEEP_LAST, [stream, revision + events.length]);
    return { revision: revision + events.length, position: end };
  };

  return {
    append: async (appends) => {
      await client.query(BEGIN_AS_WRITER);
      const results: (AppendResult | Error)[] = [];
      for (const append of appends) {
        const result = await makeOne(append);
        results.push(result);
        if (result instanceof Error) break;
      }
      await client.query('COMMIT');
      return results;
    },
    close: () => client.end(),
  };
};
