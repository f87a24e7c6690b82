import pg from 'pg';
import { z } from 'zod';
import { plainArray, textArray } from '../../db/array-parameters.ts';
import type { EncodedAppend } from '../check-append.ts';
import { StreamDeleted, WrongExpectedRevision } from '../errors.ts';
import type { TailPage } from '../log-tail.ts';
import { type Append, type AppendResult, type Position, positionOf, type Revision } from '../port.ts';

/** At least one list, and in each list at least one append. */
export type AppendLists = readonly (readonly EncodedAppend[])[];
/** For each list the results, up to the first rejected append. */
export type AppendResults = readonly (readonly (AppendResult | Error)[])[];

/**
 * The last revisions of streams, as this process has written them over one connection. The function relies on them only if
 * the log ends where this process left it: then no other process has appended.
 */
export type KnownHeads = {
  readonly client: pg.Client;
  end: number;
  readonly revisions: Map<string, Revision>;
};

export const noKnownHeads = (client: pg.Client): KnownHeads => ({ client, end: 0, revisions: new Map() });

const MAX_KNOWN = 50_000;

type TransactionResult = {
  readonly results: AppendResults;
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
 * Makes appends in one transaction, so that they share one flush to disk. It is one statement, in migrations/, which judges
 * each append as if the earlier ones were already committed. After an error, the connection must be dropped.
 * @param known of the connection to write over
 * @param batch each append is made only if the one before it in its list succeeds
 * @throws AppendsRolledBack if nothing was appended. After any other error, the outcome is unknown.
 */
export const appendTransaction = async (known: KnownHeads, batch: AppendLists): Promise<TransactionResult> => {
  const answer = await callFunction(known.client, parametersOf(known, batch));
  const { start, positions, actual } = answer;
  if (start !== known.end || known.revisions.size > MAX_KNOWN) known.revisions.clear();
  let [end, sizeBytes, at] = [start, 0, -1];
  const events: TailPage['events'][number][] = [];

  /** Returns the result of the next append, or `undefined` if it was not tried. */
  const resultOf = ({ append, events: encoded }: EncodedAppend): AppendResult | Error | undefined => {
    at += 1;
    const { stream, expectedRevision } = append;
    const position = positions === null ? end + encoded.length : (positions[at] ?? null);
    if (position === null) return rejectionOf(append, actual?.[at] ?? null);
    const result = { revision: expectedRevision + encoded.length, position: positionOf(position) };
    // An append that was made before, also by this batch.
    if (position <= end) return result;
    for (const { event, id, type, data, metadata } of encoded) {
      sizeBytes += data.length + metadata.length;
      end += 1;
      const revision = result.revision - (position - end);
      const place = { stream, revision, position: positionOf(end), recordedAt: answer.recordedAtMs };
      events.push({ appended: event, stored: { id, type, data, metadata, ...place } });
    }
    known.revisions.set(stream, result.revision);
    return result;
  };

  const results = batch.map((appends) => appends.flatMap((append) => resultOf(append) ?? []));
  known.end = end;
  const page = { after: positionOf(start), events, considered: positionOf(end), sizeBytes, atEnd: true };
  return { results, end: page.considered, own: end === start || answer.wasCut ? undefined : page };
};

/** The actual revision of a stream that was deleted. */
const DELETED = -2;

const rejectionOf = ({ stream, expectedRevision }: Append, actual: number | null): Error | undefined => {
  if (actual === null) return undefined;
  if (actual === DELETED) return new StreamDeleted(stream);
  return new WrongExpectedRevision({ stream, expected: expectedRevision, actual });
};

const parametersOf = ({ end, revisions }: KnownHeads, batch: AppendLists): (number | string | Buffer)[] => {
  const streams = new Map<string, number>();
  const appends: { stream: number; list: number; expected: number; lastEvent: number }[] = [];
  const events: EncodedAppend['events'][number][] = [];
  const appendOfEvent: number[] = [];
  for (const [index, list] of batch.entries()) {
    for (const { append, events: encoded } of list) {
      const stream = streams.get(append.stream) ?? streams.size + 1;
      streams.set(append.stream, stream);
      for (const event of encoded) {
        events.push(event);
        appendOfEvent.push(appends.length + 1);
      }
      appends.push({ stream, list: index + 1, expected: append.expectedRevision, lastEvent: events.length });
    }
  }
  const names = [...streams.keys()];
  return [
    end,
    textArray(names),
    plainArray(names.map((stream) => revisions.get(stream) ?? null)),
    plainArray(appends.map(({ stream }) => stream)),
    plainArray(appends.map(({ list }) => list)),
    plainArray(appends.map(({ expected }) => expected)),
    plainArray(appends.map(({ lastEvent }) => lastEvent)),
    plainArray(appendOfEvent),
    plainArray(events.map(({ id }) => id)),
    textArray(events.map(({ type }) => type)),
    textArray(events.map(({ data }) => data)),
    textArray(events.map(({ metadata }) => metadata)),
  ];
};

const CALL = {
  name: 'log_append',
  text: 'SELECT * FROM log_append_1($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)',
  rowMode: 'array',
} as const;

const jsonNumbers = z
  .string()
  .nullable()
  .transform((text) => (text === null ? null : Numbers.parse(JSON.parse(text))));
const Numbers = z.array(z.int().nullable());

/** The results of the function, which its migration describes. */
const Answer = z
  .tuple([z.coerce.number(), z.coerce.number(), jsonNumbers, jsonNumbers, z.enum(['t', 'f'])])
  .transform(([start, recordedMs, positions, actual, wasCut]) => ({
    ...{ start, recordedAtMs: Math.round(recordedMs), positions, actual, wasCut: wasCut === 't' },
  }));

/**
 * Calls the function. Postgres sends its row before it commits. So an error that Postgres reports before the row ended the
 * transaction before its commit, even if it ended the session too.
 */
const callFunction = async (
  client: pg.Client,
  values: readonly (number | string | Buffer)[],
): Promise<z.infer<typeof Answer>> => {
  const row = await new Promise<unknown>((resolve, reject) => {
    let received: unknown;
    const statement = new pg.Query({ ...CALL, values: [...values] }, (error) => {
      if (!error) resolve(received);
      else if (error instanceof pg.DatabaseError && received === undefined)
        reject(new AppendsRolledBack(error.message, { cause: error }));
      else reject(error);
    });
    statement.once('row', (row) => {
      received = row;
    });
    client.query(statement);
  });
  return Answer.parse(row);
};

/**
 * Prepares the connection for appends.
 * - `read committed`: with a stricter isolation level, all statements of the function would see the snapshot from before the
 *   lock.
 * - `synchronous_commit` is on, whatever the default of the server, so that an acknowledged append survives a crash.
 */
export const PREPARE_WRITER = "SET default_transaction_isolation TO 'read committed'; SET synchronous_commit TO on";

/**
 * Begins a transaction that holds the writer lock of the log, so that only one process writes at a time.
 * - The lock is advisory: a row lock would rewrite a row with each append.
 * - Postgres releases the lock only after the commit is visible. So each statement that begins after the lock was taken sees
 * everything that earlier writers committed.
 */
export const BEGIN_AS_WRITER =
  'BEGIN ISOLATION LEVEL READ COMMITTED; SET LOCAL synchronous_commit TO on; SELECT pg_advisory_xact_lock(4846318273410263)';
