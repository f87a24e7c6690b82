import { type FragmentSqlToken, sql } from 'slonik';
import type { ExecutionSelection } from '../../domain/events/index.ts';
import { wordsIn } from '../../domain/words.ts';
import { hasAny, isNamed, isOfApplication } from './filters.ts';
import { storable, storableJson } from './row.ts';
import { views } from './views.ts';

export type ExecutionFilter = Readonly<Omit<ExecutionSelection, 'all'>>;

/** Conditions on `listed`, an execution. */
export const conditionsOf = (filter: ExecutionFilter): FragmentSqlToken[] => {
  const { jobId, jobName, applicationId, application, status, errorCode, errorText, labels, trigger } = filter;
  const { executionIds, backfillId, from, to } = filter;
  const conditions: FragmentSqlToken[] = [];
  if (executionIds !== undefined)
    conditions.push(sql.fragment`listed.id = ANY (${sql.array([...executionIds], 'int8')})`);
  if (jobId !== undefined) conditions.push(sql.fragment`listed.job_id = ${jobId}`);
  if (jobName !== undefined) conditions.push(isOfJobNamed(jobName));
  if (applicationId !== undefined) conditions.push(sql.fragment`listed.application_id = ${applicationId}`);
  if (application !== undefined) conditions.push(isOfApplication(application));
  if (status !== undefined) conditions.push(hasStatus(status));
  if (errorCode !== undefined) conditions.push(sql.fragment`listed.error_code = ${storable(errorCode)}`);
  if (errorText !== undefined) {
    const words = sql.array(wordsIn(errorText), 'text');
    conditions.push(sql.fragment`string_to_array(listed.error_words, ' ') @> ${words}`);
  }
  if (hasAny(labels)) conditions.push(sql.fragment`listed.labels::jsonb @> ${storableJson(labels)}::jsonb`);
  if (trigger !== undefined) conditions.push(hasTrigger(trigger));
  if (backfillId !== undefined) conditions.push(sql.fragment`listed.backfill_id = ${backfillId}`);
  if (from !== undefined) conditions.push(sql.fragment`listed.created_at >= ${from}::timestamptz`);
  if (to !== undefined) conditions.push(sql.fragment`listed.created_at < ${to}::timestamptz`);
  return conditions;
};

// Values that stand in the statement, not in parameters, let the planner use the indexes of rare values.

const hasStatus = (status: NonNullable<ExecutionFilter['status']>): FragmentSqlToken => {
  const [one, ...others] = status;
  const isOne =
    one !== undefined && others.length === 0
      ? sql.fragment`listed.status = ${one}`
      : sql.fragment`listed.status = ANY (${sql.array([...status], 'text')})`;
  return status.includes('succeeded') ? isOne : sql.fragment`${isOne} AND listed.status <> 'succeeded'`;
};

const hasTrigger = (trigger: NonNullable<ExecutionFilter['trigger']>): FragmentSqlToken =>
  trigger === 'schedule'
    ? sql.fragment`listed.trigger = 'schedule'`
    : sql.fragment`listed.trigger = ${trigger} AND listed.trigger <> 'schedule'`;

/** Its job, deleted or not, has this name or one of this form. */
const isOfJobNamed = (asked: string): FragmentSqlToken => sql.fragment`listed.job_id IN (
  SELECT job.job_id FROM ${views.jobs} AS job
  WHERE job.tenant = listed.tenant AND ${isNamed(sql.fragment`job`, asked)})`;
