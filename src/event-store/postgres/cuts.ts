import type pg from 'pg';
import type { Revision } from '../port.ts';
import { BEGIN_AS_WRITER } from './writer-lock.ts';

/** Statement timeout. Cutting a long stream takes longer than any read. Appends wait meanwhile. */
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
    await client.query(`set local statement_timeout to ${CUT_MS}`);
    await run(client);
    await client.query('commit');
    client.release();
  } catch (error) {
    client.release(true);
    throw error;
  }
};

const TRUNCATE = `
  delete from log_events
  where stream = $1
    and revision < least($2::integer, (select max(last.revision) from log_events last where last.stream = $1))`;

export const truncateBefore = (pool: pg.Pool, stream: string, revision: Revision): Promise<void> =>
  asWriter(pool, (client) => client.query(cutting(TRUNCATE, [stream, revision])));

const KEEP_LAST =
  'delete from log_events where stream = $1 and revision < (select max(revision) from log_events where stream = $1)';

export const keepLast = (pool: pg.Pool, stream: string): Promise<void> =>
  asWriter(pool, async (client) => {
    await client.query(
      'insert into log_streams (stream, keeps_last) values ($1, true) on conflict (stream) do update set keeps_last = true',
      [stream],
    );
    await client.query(cutting(KEEP_LAST, [stream]));
  });

const RAISE_FLOOR = `
  update log_floor set position = last.position, recorded_at = last.recorded_at
  from (select position, recorded_at from log_events order by position desc limit 1) as last
  where last.position > log_floor.position`;

export const deleteStream = (pool: pg.Pool, stream: string): Promise<void> =>
  asWriter(pool, async (client) => {
    await client.query(
      'insert into log_streams (stream, deleted) values ($1, true) on conflict (stream) do update set deleted = true',
      [stream],
    );
    await client.query(RAISE_FLOOR);
    await client.query(cutting('delete from log_events where stream = $1', [stream]));
  });
