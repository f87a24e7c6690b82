import type { ClientBase } from 'pg';
import type { EventOf } from '../../domain/events/index.ts';
import type { RecordedEvent } from '../../event-store/port.ts';
import { type ExecutionChange, executionRecord } from '../queries/records/executions.ts';
import { incomingRows } from '../write-records.ts';
import { insertTerms } from './execution-terms.ts';
import { countAdded } from './executions-counts.ts';

/**
 * Executions that begin and end within a batch. Most do, because batches wait for the ends of executions. They are only
 * inserted: there is no older row to merge with, and their counts are known.
 */

/** Executions that these events probably begin. Adds to `begun`, if given. */
export const foldBegun = (events: readonly RecordedEvent[], begun: Set<number> = new Set()): Set<number> => {
  for (const event of events) if (isBegin(event)) begun.add(event.data.executionId);
  return begun;
};

/** A claim begins the execution of a slot, unless that has waited. Only the table shows whether it has. */
const isBegin = (event: RecordedEvent): event is RecordedEvent<EventOf<'ExecutionRequested' | 'ExecutionStarted'>> =>
  event.type === 'ExecutionRequested' ||
  (event.type === 'ExecutionStarted' &&
    event.data.attempt === 1 &&
    (event.data.trigger === 'schedule' || event.data.trigger === 'backfill'));

/**
 * Inserts ended executions with their terms and counts, in one statement, unless the table has an open one of them. Returns
 * whether it did. The lookup of each has the order of the primary key, because a kept plan could use any other index.
 */
export const insertWhole = async (
  client: ClientBase,
  schema: string,
  rows: readonly ExecutionChange[],
): Promise<boolean> => {
  const { names, source, values } = incomingRows(executionRecord.columns, rows);
  const counting = countAdded({ schema, added: 'newer', parametersBefore: values.length }, rows);
  const hasTerms = rows.some(({ labels, errorWords }) => labels !== undefined || errorWords !== undefined);
  const terms = hasTerms ? `, terms AS (${insertTerms(schema)})` : '';
  const { rowCount } = await client.query({
    name: `${schema}_${hasTerms ? 'whole_terms' : 'whole'}`,
    text: `WITH newer AS MATERIALIZED (
      SELECT * FROM ${source} WHERE NOT EXISTS (
        SELECT FROM unnest($1::bigint[]) AS whole (id), LATERAL (
          SELECT FROM ${schema}.executions_open AS open WHERE open.id = whole.id ORDER BY created_at LIMIT 1
        ) AS before
      )
    ),
    added AS (INSERT INTO ${schema}.executions_ended (${names}) SELECT ${names} FROM newer)${terms}${counting.sql}
    SELECT FROM newer LIMIT 1`,
    values: [...values, ...counting.values],
  });
  return rowCount === 1;
};
