import type { ClientBase } from 'pg';
import type { Queryable } from '../db/session.ts';
import { StreamParked, UnreadableEvent } from '../event-store/errors.ts';
import type { EventStore, Revision } from '../event-store/port.ts';
import { storable } from './queries/row.ts';

/** A stream with an unreadable event that read models skipped. */
export type ParkedStream = {
  readonly stream: string;
  /** The revision of its first event that could not be read. */
  readonly revision: Revision;
  readonly eventType: string;
  readonly why: string;
  /** When that event was recorded, epoch ms. */
  readonly sinceMs: number;
  /** When the event could be read again, epoch ms; undefined while it can't. */
  readonly readMs: number | undefined;
};

/** Records in the transaction of the batch that these streams were skipped. */
export const recordParked = async (
  client: ClientBase,
  parked: readonly StreamParked[],
  logId: string,
): Promise<void> => {
  const first = new Map<string, StreamParked>();
  for (const each of parked) if (!first.has(each.stream)) first.set(each.stream, each);
  const rows = [...first.values()];
  await client.query(
    `INSERT INTO parked_streams AS kept (log_id, stream, revision, event_type, why, recorded_at)
     SELECT $1, * FROM unnest($2::text[], $3::integer[], $4::text[], $5::text[], $6::timestamptz[])
     ON CONFLICT (log_id, stream) DO UPDATE SET
       revision = excluded.revision, event_type = excluded.event_type, why = excluded.why,
       recorded_at = excluded.recorded_at, read_at = NULL
     WHERE kept.read_at IS NOT NULL OR kept.revision > excluded.revision`,
    [
      logId,
      rows.map(({ stream }) => stream),
      rows.map(({ revision }) => revision),
      rows.map(({ eventType }) => storable(eventType)),
      rows.map(({ why }) => storable(why)),
      rows.map(({ recordedAt }) => new Date(recordedAt).toISOString()),
    ],
  );
};

/** Lists all streams of this log that were ever skipped, oldest first. */
export const listParked = async (client: Queryable, logId: string): Promise<ParkedStream[]> => {
  const ms = (column: string) => `(extract(epoch FROM ${column}) * 1000)::float8`;
  const { rows } = await client.query<Omit<ParkedStream, 'readMs'> & { readonly readMs: number | null }>({
    name: 'parked_streams',
    text: `SELECT stream, revision, event_type AS "eventType", why, ${ms('recorded_at')} AS "sinceMs",
       ${ms('read_at')} AS "readMs"
     FROM parked_streams WHERE log_id = $1 ORDER BY recorded_at, stream`,
    values: [logId],
  });
  return rows.map(({ readMs, ...row }) => ({ ...row, readMs: readMs ?? undefined }));
};

/**
 * Returns the parked streams that can be read now.
 * @param stillParked streams that this process has already checked and can't read; it checks no stream twice
 */
export const readAgain = async (
  store: EventStore,
  parked: readonly ParkedStream[],
  stillParked: Set<string>,
): Promise<string[]> => {
  const readable: string[] = [];
  for (const { stream, revision, readMs } of parked) {
    if (readMs !== undefined || stillParked.has(stream)) continue;
    if (await isReadable(store, { stream, revision })) readable.push(stream);
    else stillParked.add(stream);
  }
  return readable;
};

const isReadable = async (
  store: EventStore,
  { stream, revision }: { stream: string; revision: Revision },
): Promise<boolean> => {
  try {
    for await (const event of store.readStream(stream, { from: revision })) if (event.revision < revision) break;
    return true;
  } catch (error) {
    if (error instanceof StreamParked || error instanceof UnreadableEvent) return false;
    throw error;
  }
};

/** Records that these streams can be read again, and that read models are being built with their events. */
export const markReadable = async (client: ClientBase, streams: readonly string[], logId: string): Promise<void> => {
  await client.query(
    'UPDATE parked_streams SET read_at = now() WHERE log_id = $1 AND stream = ANY ($2::text[]) AND read_at IS NULL',
    [logId, streams],
  );
};
