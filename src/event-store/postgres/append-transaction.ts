import pg from 'pg';
import type { EncodedAppend } from '../check-append.ts';
import { positionOf } from '../port.ts';
import { AppendsRolledBack, appendAsExpected, type TransactionResult } from './append-as-expected.ts';
import { type Heads, readHeads } from './heads.ts';
import { type BatchVerdict, judgeBatch, readStoredIds } from './judge-batch.ts';
import { insertNewEvents, newEventValues, notifyEnd } from './new-rows.ts';
import { BEGIN_AS_WRITER } from './writer-lock.ts';

/**
 * Judges and makes appends in one transaction, so that they share one flush to disk.
 * @param batch lists of appends; each append is made only if the one before it in its list succeeds
 * @param committing called right before a commit is sent. If the transaction fails before this call, or with
 *   AppendsRolledBack, nothing was appended. After any other later failure the outcome is unknown.
 */
export const appendTransaction = async (
  client: pg.Client,
  batch: readonly (readonly EncodedAppend[])[],
  committing: () => void,
): Promise<TransactionResult> =>
  (await appendAsExpected(client, batch, committing)) ?? (await judgeAndAppend(client, batch, committing));

/** Judges each append by itself. Statements are pipelined: the lock and the heads are sent together, and so are the rows and the commit. */
const judgeAndAppend = async (
  client: pg.Client,
  batch: readonly (readonly EncodedAppend[])[],
  committing: () => void,
): Promise<TransactionResult> => {
  const all = batch.flat();
  const streams = [...new Set(all.map(({ append }) => append.stream))];
  // Separate statements, because the second must begin after the lock is held, to see all earlier commits.
  const [, heads] = await Promise.all([client.query(BEGIN_AS_WRITER), readHeads(client, streams)]);
  const verdict = judgeBatch(batch, heads, await readStoredIds(client, all, heads));
  const { answers, rows, cuts } = verdict;
  const end = positionOf(heads.end + rows.length);
  committing();
  const [, , { command }] = await Promise.all([
    rows.length > 0 ? insert(client, verdict, heads).catch(rolledBack) : undefined,
    cuts.length > 0 ? cut(client, verdict).catch(rolledBack) : undefined,
    client.query('COMMIT'),
  ]);
  if (command !== 'COMMIT') throw new Error(`the commit of appends was answered with ${command}`);
  return { answers, end, own: rows.length === 0 || cuts.length > 0 ? undefined : { ...heads, rows } };
};

/** After an error that does not end the connection, Postgres answers the commit behind it with a rollback. */
const rolledBack = (error: unknown): never => {
  if (error instanceof pg.DatabaseError && error.severity === 'ERROR') {
    throw new AppendsRolledBack(error.message, { cause: error });
  }
  throw error;
};

const INSERT = `
  WITH inserted AS (${insertNewEvents('$7::bigint', '$8::timestamptz')})
  SELECT ${notifyEnd('$7::bigint + $9::bigint')}`;

const insert = async (client: pg.Client, { rows }: BatchVerdict, { end, recordedAt }: Heads): Promise<void> => {
  await client.query({
    name: 'log_insert',
    text: INSERT,
    values: [...newEventValues(rows), end, recordedAt, rows.length],
  });
};

const CUT = `
  DELETE FROM log_events e USING unnest($1::text[], $2::integer[]) AS cut (stream, before)
  WHERE e.stream = cut.stream AND e.revision < cut.before`;

const cut = async (client: pg.Client, { cuts }: BatchVerdict): Promise<void> => {
  await client.query(CUT, [cuts.map(({ stream }) => stream), cuts.map(({ before }) => before)]);
};
