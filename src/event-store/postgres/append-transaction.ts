import pg from 'pg';
import { fromTextList, plainArray, textList } from '../../db/text-list.ts';
import type { EncodedAppend } from '../check-append.ts';
import { type AppendResult, type Position, positionOf } from '../port.ts';
import { type Heads, readHeads } from './heads.ts';
import { type BatchVerdict, judgeBatch } from './judge-batch.ts';
import type { OwnCommit } from './own-events.ts';
import { readStoredIds } from './stored-ids.ts';
import { LOG_CHANNEL } from './wakes.ts';
import { BEGIN_AS_WRITER } from './writer-lock.ts';

export type TransactionResult = {
  /** For each list of appends one for each of it, up to the first that is refused. */
  readonly answers: readonly (readonly (AppendResult | Error)[])[];
  /** The log's end after them. */
  readonly end: Position;
  /** What was appended, for the subscriptions of this process; undefined where some of it was cut at once. */
  readonly own: OwnCommit | undefined;
};

/** The log refused the whole transaction: none of it was appended. */
export class AppendsRolledBack extends Error {
  override readonly name = 'AppendsRolledBack';
}

/**
 * Judges and makes appends as one transaction, so that one flush to disk serves all of them. The connection pipelines:
 * the lock and the heads, then the rows and the commit, each go out together.
 * @param batch lists of appends, each made only where those before it in its list are
 * @param committing called with the log's end after it right before the commit is sent: a failure before it means that
 *   nothing was appended, one after it that nobody knows, unless it is AppendsRolledBack
 */
export const appendTransaction = async (
  client: pg.Client,
  batch: readonly (readonly EncodedAppend[])[],
  committing: (end: Position) => void,
): Promise<TransactionResult> => {
  const all = batch.flat();
  const streams = [...new Set(all.map(({ append }) => append.stream))];
  // Statements of their own, run one after the other: the heads are read once the lock is held.
  const [, heads] = await Promise.all([client.query(BEGIN_AS_WRITER), readHeads(client, streams)]);
  const verdict = judgeBatch(batch, heads, await readStoredIds(client, all, heads));
  const { answers, rows, cuts } = verdict;
  const end = positionOf(heads.end + rows.length);
  committing(end);
  const [, , { command }] = await Promise.all([
    rows.length > 0 ? insert(client, verdict, heads).catch(rolledBack) : undefined,
    cuts.length > 0 ? cut(client, verdict).catch(rolledBack) : undefined,
    client.query('commit'),
  ]);
  if (command !== 'COMMIT') throw new Error(`the commit of appends was answered with ${command}`);
  return { answers, end, own: rows.length === 0 || cuts.length > 0 ? undefined : { ...heads, rows } };
};

/** An error, other than one that ends the connection, makes the commit behind it a rollback. */
const rolledBack = (error: unknown): never => {
  if (error instanceof pg.DatabaseError && error.severity === 'ERROR') {
    throw new AppendsRolledBack(error.message, { cause: error });
  }
  throw error;
};

const INSERT = `
  with inserted as (
    insert into log_events (position, stream, revision, id, type, data, metadata, recorded_at)
    select $1::bigint + place, stream, revision, id, type, data, metadata, $2::timestamptz
    from unnest(${fromTextList('$3')}, $4::integer[], ${fromTextList('$5')}::uuid[], ${fromTextList('$6')},
      ${fromTextList('$7')}, ${fromTextList('$8')})
      with ordinality as appended (stream, revision, id, type, data, metadata, place)
  )
  select pg_notify('${LOG_CHANNEL}', $9)`;

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
  delete from log_events e using unnest($1::text[], $2::integer[]) as cut (stream, before)
  where e.stream = cut.stream and e.revision < cut.before`;

const cut = async (client: pg.Client, { cuts }: BatchVerdict): Promise<void> => {
  await client.query(CUT, [cuts.map(({ stream }) => stream), cuts.map(({ before }) => before)]);
};
