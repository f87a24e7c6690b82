import pg from 'pg';
import { fromTextList, plainArray, textList } from '../../db/text-list.ts';
import type { EncodedAppend } from '../check-append.ts';
import type { TailPage } from '../log-tail.ts';
import { type AppendResult, type Position, positionOf } from '../port.ts';
import { type BatchVerdict, type Heads, judgeBatch, readHeads, readStoredIds } from './judge-batch.ts';
import { LOG_CHANNEL } from './wakeups.ts';

export type TransactionResult = {
  /** For each list of appends the results, up to the first rejected one. */
  readonly answers: readonly (readonly (AppendResult | Error)[])[];
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
 * and the heads are sent together, and so are the rows and the commit.
 * @param batch lists of appends; each append is made only if the one before it in its list succeeds
 * @param committing called right before the commit is sent, with the new end of the log. If the transaction fails
 *   before this call, or with AppendsRolledBack, nothing was appended. After any other later failure the outcome is
 *   unknown.
 */
export const appendTransaction = async (
  client: pg.Client,
  batch: readonly (readonly EncodedAppend[])[],
  committing: (end: Position) => void,
): Promise<TransactionResult> => {
  const all = batch.flat();
  const streams = [...new Set(all.map(({ append }) => append.stream))];
  // Separate statements, because the second must begin after the lock is held, to see all earlier commits.
  const [, heads] = await Promise.all([client.query(BEGIN_AS_WRITER), readHeads(client, streams)]);
  const verdict = judgeBatch(batch, heads, await readStoredIds(client, all, heads));
  const { answers, rows, cuts } = verdict;
  const end = positionOf(heads.end + rows.length);
  committing(end);
  const [, , { command }] = await Promise.all([
    rows.length > 0 ? insert(client, verdict, heads).catch(rolledBack) : undefined,
    cuts.length > 0 ? cut(client, verdict).catch(rolledBack) : undefined,
    client.query('COMMIT'),
  ]);
  if (command !== 'COMMIT') throw new Error(`Postgres responded to the commit of appends with ${command}`);
  return { answers, end, own: rows.length === 0 || cuts.length > 0 ? undefined : tailPageOf(verdict, heads) };
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
    FROM unnest(${fromTextList('$3')}, $4::integer[], ${fromTextList('$5')}::uuid[], ${fromTextList('$6')},
      ${fromTextList('$7')}, ${fromTextList('$8')})
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
      textList(rows.map(({ stream }) => stream)),
      plainArray(rows.map(({ revision }) => revision)),
      textList(rows.map(({ id }) => id)),
      textList(rows.map(({ type }) => type)),
      textList(rows.map(({ data }) => data)),
      textList(rows.map(({ metadata }) => metadata)),
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
