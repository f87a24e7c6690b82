import { type FragmentSqlToken, sql } from 'slonik';
import { decodeCursor } from './cursor.ts';
import type { ListOrder } from './page.ts';
import { storable } from './row.ts';
import { views } from './views.ts';

/** The direction of a list by (createdAt, id), and how the rows after a place in it compare to that place. */
export const ordered = (
  order: ListOrder,
): { readonly direction: FragmentSqlToken; readonly comesAfter: FragmentSqlToken } =>
  order === 'oldest first'
    ? { direction: sql.fragment`ASC`, comesAfter: sql.fragment`>` }
    : { direction: sql.fragment`DESC`, comesAfter: sql.fragment`<` };

/** A condition on rows that are listed by a time and an id: they come after the place of the cursor, if there is one. @throws BadCursor */
export const isBeyond = (cursor: string | undefined, by: FragmentSqlToken, order: ListOrder): FragmentSqlToken => {
  if (cursor === undefined) return sql.fragment`TRUE`;
  const { at, id } = decodeCursor(cursor);
  return sql.fragment`(${by}) ${ordered(order).comesAfter} (${at}::timestamptz, ${id}::bigint)`;
};

export const opposite = (order: ListOrder): ListOrder => (order === 'oldest first' ? 'newest first' : 'oldest first');

/** Conditions that lists of jobs and of executions share; `listed` is the row. */

/**
 * A condition on `execution`: it was not created before an instant at which it was due. Clocks differ by less than this; it
 * leaves out the months before.
 */
export const createdFrom = (dueAt: FragmentSqlToken): FragmentSqlToken =>
  sql.fragment`execution.created_at >= ${dueAt} - interval '5 minutes'`;

export const hasAny = (labels: Readonly<Record<string, string>> | undefined): labels is Record<string, string> =>
  labels !== undefined && Object.keys(labels).length > 0;

/** It is of the application of this name. */
export const isOfApplication = (name: string): FragmentSqlToken => sql.fragment`listed.application_id IN (
  SELECT application_id FROM ${views.applications} AS application
  WHERE application.tenant = listed.tenant AND application.name = ${storable(name)})`;

/** The name of a job has this part, ignoring case. */
export const namedLike = (job: FragmentSqlToken, part: string): FragmentSqlToken =>
  sql.fragment`strpos(${job}.name_lower, ${storable(part).toLowerCase()}) > 0`;
