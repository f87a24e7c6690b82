import { type FragmentSqlToken, sql } from 'slonik';
import { storable } from './row.ts';
import { views } from './views.ts';

/** Conditions for lists of jobs and of executions; `listed` is the row. */

/**
 * A condition on `execution`: it was created after about the instant of its slot. A calendar moves a slot by up to 31 days,
 * and clocks differ by less than the rest; the condition excludes earlier months.
 */
export const createdFrom = (dueAt: FragmentSqlToken): FragmentSqlToken =>
  sql.fragment`execution.created_at >= ${dueAt} - interval '32 days'`;

export const hasAny = (labels: Readonly<Record<string, string>> | undefined): labels is Record<string, string> =>
  labels !== undefined && Object.keys(labels).length > 0;

/** It belongs to the application of this name. */
export const isOfApplication = (name: string): FragmentSqlToken => sql.fragment`listed.application_id IN (
  SELECT application_id FROM ${views.applications}
  WHERE application.tenant = listed.tenant AND application.name = ${storable(name)})`;

/** `*` in a name matches any text and makes the match case-insensitive. */
const ANY_TEXT = '*';

/** The job has this name, or matches this pattern. */
export const isNamed = (job: FragmentSqlToken, wanted: string): FragmentSqlToken => {
  const lower = storable(wanted).toLowerCase();
  if (!wanted.includes(ANY_TEXT)) {
    return sql.fragment`${job}.name_lower = ${lower} AND ${job}.name = ${storable(wanted)}`;
  }
  const like = lower.replaceAll(/[\\%_]/g, '\\$&').replaceAll(ANY_TEXT, '%');
  return sql.fragment`${job}.name_lower LIKE ${like}`;
};

/** Like `isNamed`, for a name that is in no column. */
export const hasName = (name: string, wanted: string): boolean => {
  const [begin = '', ...parts] = storable(wanted).toLowerCase().split(ANY_TEXT);
  const end = parts.pop();
  if (end === undefined) return storable(name) === storable(wanted);
  const text = storable(name).toLowerCase();
  if (!text.startsWith(begin) || !text.endsWith(end)) return false;
  let from = begin.length;
  for (const part of parts) {
    const at = text.indexOf(part, from);
    if (at < 0) return false;
    from = at + part.length;
  }
  return from + end.length <= text.length;
};
