import pg from 'pg';
import { fromTextList, plainArray, textList } from '../../db/text-list.ts';
import type { EncodedAppend } from '../check-append.ts';
import { type AppendResult, NO_STREAM, type Position, positionOf, type Revision } from '../port.ts';
import { LOG_END, lastRevision } from './heads.ts';
import type { NewEventRow } from './judge-batch.ts';
import { insertNewEvents, newEventValues, notifyEnd } from './new-rows.ts';
import type { OwnCommit } from './own-events.ts';
import { BEGIN_AS_WRITER, HOLDS_LOCK } from './writer-lock.ts';

export type TransactionResult = {
  /** For each list of appends the results, up to the first that is refused. */
  readonly answers: readonly (readonly (AppendResult | Error)[])[];
  /** The end of the log after the transaction. */
  readonly end: Position;
  /**
   * The appended events, for the subscriptions of this process; undefined if there are none or some were cut at once.
   */
  readonly own: OwnCommit | undefined;
};

/** Postgres rolled the transaction back: nothing was appended. */
export class AppendsRolledBack extends Error {
  override readonly name = 'AppendsRolledBack';
}

type ExpectedAppends = {
  /** The revision that each stream must be at. */
  readonly revisions: ReadonlyMap<string, Revision>;
  readonly rows: readonly NewEventRow[];
};

type AppendedRow = [end: string, recordedAtMs: string, isAsExpected: string];

/** Records the events if each stream is where it is expected, and is neither deleted nor cut. */
const APPEND = `
  WITH ${LOG_END}, expected AS (
    SELECT stream, revision FROM unnest(${fromTextList('$7')}, $8::integer[]) AS expected (stream, revision)
  ), found AS (
    SELECT ${HOLDS_LOCK}
      AND NOT EXISTS (
        SELECT FROM expected WHERE revision <> coalesce(${lastRevision('expected.stream')}, ${NO_STREAM})
      )
      AND NOT EXISTS (SELECT FROM expected JOIN log_streams USING (stream)) AS as_expected
  ), inserted AS (
    ${insertNewEvents('(SELECT position FROM log_end)', '(SELECT recorded_at FROM log_end)')}
    WHERE (SELECT as_expected FROM found)
  )
  SELECT position, date_part('epoch', recorded_at) * 1000,
    CASE WHEN as_expected THEN 'yes' || ${notifyEnd('position + $9::bigint')}::text ELSE 'no' END
  FROM log_end, found`;

/**
 * Makes all appends in one transaction that is sent at once, where every stream is at the revision that is expected of it.
 * That is so with nearly all batches, and saves a round trip for which the writer lock would be held.
 * @returns undefined where nothing was appended, as a stream was elsewhere
 */
export const appendAsExpected = async (
  client: pg.Client,
  batch: readonly (readonly EncodedAppend[])[],
  committing: () => void,
): Promise<TransactionResult | undefined> => {
  const expected = expectedOf(batch.flat());
  if (expected === undefined) return undefined;
  const { revisions, rows } = expected;
  committing();
  const [, { rows: answer }, { command }] = await Promise.all([
    client.query(BEGIN_AS_WRITER).catch(rolledBack),
    client
      .query<AppendedRow>({
        name: 'log_append',
        text: APPEND,
        values: [
          ...newEventValues(rows),
          textList([...revisions.keys()]),
          plainArray([...revisions.values()]),
          rows.length,
        ],
        rowMode: 'array',
      })
      .catch(rolledBack),
    client.query('COMMIT'),
  ]);
  if (command !== 'COMMIT') throw new Error(`the commit of appends was answered with ${command}`);
  const [before = '0', recordedAtMs = '0', isAsExpected = 'no'] = answer[0] ?? [];
  if (isAsExpected === 'no') return undefined;
  const end = Number(before);
  let place = 0;
  const answers = batch.map((appends) =>
    appends.map(({ append: { expectedRevision }, events }) => {
      place += events.length;
      return { revision: expectedRevision + events.length, position: positionOf(end + place) };
    }),
  );
  return {
    answers,
    end: positionOf(end + rows.length),
    own: { end, recordedAtMs: Math.round(Number(recordedAtMs)), rows },
  };
};

/** Undefined where one append does not begin where the one before it to its stream ends: one of them must lose. */
const expectedOf = (appends: readonly EncodedAppend[]): ExpectedAppends | undefined => {
  const revisions = new Map<string, Revision>();
  const reached = new Map<string, Revision>();
  const rows: NewEventRow[] = [];
  for (const { append, events } of appends) {
    const { stream, expectedRevision } = append;
    let revision = reached.get(stream) ?? expectedRevision;
    if (revision !== expectedRevision) return undefined;
    if (!revisions.has(stream)) revisions.set(stream, revision);
    for (const event of events) {
      revision += 1;
      rows.push({ ...event, stream, revision });
    }
    reached.set(stream, revision);
  }
  return { revisions, rows };
};

/** Postgres answers in order: whatever error it says of a statement before the commit, the commit is not made. */
const rolledBack = (error: unknown): never => {
  if (error instanceof pg.DatabaseError) throw new AppendsRolledBack(error.message, { cause: error });
  throw error;
};
