import type pg from 'pg';
import type { Revision } from '../port.ts';
import { BEGIN_AS_WRITER } from './append-transaction.ts';

/** Statement timeout. Cutting a long stream takes longer than any read. Appends wait during the cut. */
const CUT_MS = 30_000;
const cutting = (text: string, values: readonly unknown[] = []) => ({
  text,
  values: [...values],
  query_timeout: CUT_MS + 1_000,
});

/** Runs a cut under the writer lock, so that no append is judged by events that are being deleted. */
const asWriter = async (pool: pg.Pool, run: (client: pg.PoolClient) => Promise<unknown>): Promise<void> => {
  const client = await pool.connect();
  try {
    await client.query(BEGIN_AS_WRITER);
    await client.query(`SET LOCAL statement_timeout TO ${CUT_MS}`);
    await run(client);
    await client.query('COMMIT');
    client.release();
  } catch (error) {
    client.release(true);
    throw error;
  }
};

const TRUNCATE = `
  DELETE FROM log_events
  WHERE stream = $1
    AND revision < least($2::integer, (SELECT max(last.revision) FROM log_events last WHERE last.stream = $1))`;

export const truncateBefore = (pool: pg.Pool, stream: string, revision: Revision): Promise<void> =>
  asWriter(pool, (client) => client.query(cutting(TRUNCATE, [stream, revision])));

const KEEP_LAST =
  'DELETE FROM log_events WHERE stream = $1 AND revision < (SELECT max(revision) FROM log_events WHERE stream = $1)';

export const keepLast = (pool: pg.Pool, stream: string): Promise<void> =>
  asWriter(pool, async (client) => {
    await client.query(
      'INSERT INTO log_streams (stream, keeps_last) VALUES ($1, TRUE) ON CONFLICT (stream) DO UPDATE SET keeps_last = TRUE',
      [stream],
    );
    await client.query(cutting(KEEP_LAST, [stream]));
  });

const RAISE_FLOOR = `
  UPDATE log_floor SET position = last.position, recorded_at = last.recorded_at
  FROM (SELECT position, recorded_at FROM log_events ORDER BY position DESC LIMIT 1) AS last
  WHERE last.position > log_floor.position`;

export const deleteStream = (pool: pg.Pool, stream: string): Promise<void> =>
  asWriter(pool, async (client) => {
    await client.query(
      'INSERT INTO log_streams (stream, deleted) VALUES ($1, TRUE) ON CONFLICT (stream) DO UPDATE SET deleted = TRUE',
      [stream],
    );
    await client.query(RAISE_FLOOR);
    await client.query(cutting('DELETE FROM log_events WHERE stream = $1', [stream]));
  });
