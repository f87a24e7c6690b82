import { type FragmentSqlToken, sql } from 'slonik';
import { z } from 'zod';
import type { RowReader } from '../../db/reader.ts';
import { defined } from '../../domain/defined.ts';
import { EXECUTION_STATUSES, type ExecutionSelection, type ExecutionStatus } from '../../domain/events/index.ts';
import { wordsIn } from '../../domain/words.ts';
import { endedTerm, isOfLabel, labelTerm, wordTerm } from '../read-models/execution-terms.ts';
import { hasAny, isNamed, isOfApplication } from './filters.ts';
import { allOf } from './page.ts';
import { bigint, storable, storableJson } from './row.ts';
import { isOfBound, type Scope, visible } from './scope.ts';
import { documentsOf, views } from './views.ts';

export type ExecutionFilter = Readonly<Omit<ExecutionSelection, 'all'>>;

/** Conditions on `listed`, an execution. */
export const conditionsOf = (filter: ExecutionFilter): FragmentSqlToken[] => {
  const { jobId, jobName, applicationId, application, status, errorCode, errorText, labels, trigger } = filter;
  const { executionIds, backfillId, worker, from, to } = filter;
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
  if (worker !== undefined) conditions.push(sql.fragment`listed.worker = ${storable(worker)}`);
  if (backfillId !== undefined) conditions.push(sql.fragment`listed.backfill_id = ${backfillId}`);
  if (from !== undefined) conditions.push(sql.fragment`listed.created_at >= ${from}::timestamptz`);
  if (to !== undefined) conditions.push(sql.fragment`listed.created_at < ${to}::timestamptz`);
  return conditions;
};

// With literal values instead of parameters, the planner uses the indexes of rare values.

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

/** Its job, deleted or not, has this name or matches this pattern. */
const isOfJobNamed = (wanted: string): FragmentSqlToken => sql.fragment`listed.job_id IN (
  SELECT job.job_id FROM ${views.jobs} AS job
  WHERE job.tenant = listed.tenant AND ${isNamed(sql.fragment`job`, wanted)})`;

/**
 * The subset of executions that a list covers: each job, application or tenant has its own in the order of lists, in an
 * index. `isAll` if no other condition on jobs and applications is left.
 */
export type Strands = {
  readonly by: 'tenant' | 'application' | 'job';
  /** Ids of the jobs or applications. */
  readonly ids: readonly number[];
  /** Whether all rows of these strands meet the filter's conditions on jobs and applications. */
  readonly isAll: boolean;
};

/** Maximum rows to read of all strands together for a page. */
const MAX_ROWS = 10_000;

const IdRow = z.object({ id: bigint });

/** Finds the jobs or applications of a filter. If there are too many, the list is read of the whole tenant. */
export const strandsOf = async (
  reader: RowReader,
  scope: Scope,
  filter: ExecutionFilter,
  limit: number,
): Promise<Strands> => {
  const { jobId, jobName, applicationId, application } = filter;
  const isOfSome = applicationId !== undefined || application !== undefined || scope.applications !== undefined;
  const by = jobId !== undefined || jobName !== undefined ? 'job' : isOfSome ? 'application' : 'tenant';
  const most = Math.max(1, Math.floor(MAX_ROWS / (limit + 1)));
  const ids = by === 'tenant' ? [] : (givenIds(scope, filter) ?? (await findIds(reader, scope, { by, filter, most })));
  return ids.length > most ? { by: 'tenant', ids: [], isAll: false } : { by, ids, isAll: true };
};

/** The ids that need no lookup; `undefined` if names have to be looked up. */
const givenIds = (
  { applications: bound }: Scope,
  { jobId, jobName, applicationId, application }: ExecutionFilter,
): readonly number[] | undefined => {
  if (jobName !== undefined || application !== undefined) return undefined;
  if (jobId !== undefined) return applicationId === undefined && bound === undefined ? [jobId] : undefined;
  return applicationId === undefined ? bound : [applicationId].filter((id) => bound?.includes(id) ?? true);
};

type IdSearch = { readonly by: 'application' | 'job'; readonly filter: ExecutionFilter; readonly most: number };

const findIds = async (reader: RowReader, scope: Scope, { by, filter, most }: IdSearch): Promise<readonly number[]> => {
  const { jobId, jobName, applicationId, application } = filter;
  const [from, id] =
    by === 'job'
      ? [sql.fragment`${views.jobs} AS listed`, sql.fragment`listed.job_id`]
      : [documentsOf(views.documents, 'application', 'listed'), sql.fragment`listed.application_id`];
  const rows = await reader.any(sql.type(IdRow)`
    SELECT ${id} AS id FROM ${from} JOIN ${visible(scope)} USING (tenant)
    WHERE ${allOf([
      ...(jobId === undefined ? [] : [sql.fragment`${id} = ${jobId}`]),
      ...(jobName === undefined ? [] : [isNamed(sql.fragment`listed`, jobName)]),
      ...(applicationId === undefined ? [] : [sql.fragment`listed.application_id = ${applicationId}`]),
      ...(application === undefined ? [] : [isOfApplication(application)]),
      isOfBound(scope, sql.fragment`listed`),
    ])} LIMIT ${most + 1}`);
  return rows.map((row) => row.id);
};

/** The strands as a FROM item `strand (id)`, if there are several. */
export const strandItem = ({ ids }: Strands): FragmentSqlToken =>
  ids.length < 2 ? sql.fragment`` : sql.fragment`CROSS JOIN unnest(${sql.array([...ids], 'int8')}) AS strand (id)`;

/** A condition on a row: it belongs to the strand. */
export const isOfStrand = ({ by, ids }: Strands, row: FragmentSqlToken): FragmentSqlToken => {
  if (by === 'tenant') return sql.fragment`${row}.tenant = visible.tenant`;
  const column = by === 'job' ? sql.fragment`job_id` : sql.fragment`application_id`;
  const own = ids.length > 1 ? sql.fragment`strand.id` : sql.fragment`${ids[0] ?? 0}`;
  return sql.fragment`${row}.tenant = visible.tenant AND ${row}.${column} = ${own}`;
};

/**
 * A part of a list that one index has in the order of the list: conditions on `listed`, for rows found by a term or
 * directly. Each row of the list is in one part.
 */
export type Part = { readonly term?: string; readonly conditions: readonly FragmentSqlToken[] };

const HAS_ENDED = sql.fragment`NOT listed.is_open`;
const OPEN: readonly ExecutionStatus[] = ['pending', 'running'];
const isOpen = (status: ExecutionStatus): boolean => OPEN.includes(status);

/** Number of statuses of ended executions. */
const ALL_ENDED = EXECUTION_STATUSES.length - OPEN.length;

/** The filter's other conditions, as parts. */
export const partsOf = async (
  reader: RowReader,
  scope: Scope,
  filter: ExecutionFilter,
  strands: Strands,
): Promise<readonly Part[]> => {
  const { jobId: _, jobName: __, applicationId: ___, application: ____, ...own } = filter;
  const { status: statuses = EXECUTION_STATUSES, ...others } = strands.isAll ? own : filter;
  const term = await termOf(reader, scope, filter, strands);
  const hasError = filter.errorCode !== undefined || filter.errorText !== undefined;
  if (term === undefined && !hasError && statuses.length === EXECUTION_STATUSES.length)
    return [{ conditions: conditionsOf(others) }];
  const open = hasError ? [] : statuses.filter(isOpen);
  const ended = statuses.filter((each) => !isOpen(each));
  const withStatus = (some: ExecutionStatus[]) => conditionsOf({ ...others, status: some });
  const parts: Part[] = [];
  if (open.length > 0) parts.push({ conditions: [sql.fragment`listed.is_open`, ...withStatus(open)] });
  if (term !== undefined && isOfLabel(term) && !ended.includes('succeeded'))
    for (const each of ended)
      parts.push({ term: endedTerm(each, term), conditions: [HAS_ENDED, ...conditionsOf(others)] });
  else if (term === undefined && !hasError && ended.length < ALL_ENDED)
    for (const each of ended) parts.push({ conditions: [HAS_ENDED, ...withStatus([each])] });
  else if (ended.length > 0)
    parts.push(
      defined({
        term,
        conditions: [HAS_ENDED, ...(ended.length < ALL_ENDED ? withStatus(ended) : conditionsOf(others))],
      }),
    );
  return parts;
};

/** A term with fewer executions is rare: all of them may be read. */
const RARE = 1_000;

const CountRow = z.object({ place: z.int(), count: bigint });

/**
 * The rarest term, by which the list is read. If all are frequent, and the filter has another condition with an index, the
 * list is read by that.
 */
const termOf = async (
  reader: RowReader,
  scope: Scope,
  { labels, errorText, errorCode, status, trigger, worker, backfillId }: ExecutionFilter,
  strands: Strands,
): Promise<string | undefined> => {
  const terms = [
    ...Object.entries(labels ?? {}).map(([key, value]) => labelTerm(key, value)),
    ...wordsIn(errorText ?? '').map(wordTerm),
  ];
  const hasOther =
    errorCode !== undefined ||
    backfillId !== undefined ||
    worker !== undefined ||
    (status !== undefined && !status.includes('succeeded') && !hasAny(labels)) ||
    (trigger !== undefined && trigger !== 'schedule');
  const [only, ...more] = terms;
  if (only === undefined || (more.length === 0 && !hasOther)) return only;
  const counts = await reader.any(sql.type(CountRow)`
    SELECT asked.place::integer AS place, (
      SELECT count(*) FROM (
        SELECT FROM ${visible(scope)} ${strandItem(strands)} CROSS JOIN LATERAL (
          SELECT FROM ${views.executionTerms} AS found
          WHERE ${isOfStrand(strands, sql.fragment`found`)} AND found.term = asked.term LIMIT ${RARE}
        ) AS known LIMIT ${RARE}
      ) AS counted
    ) AS count
    FROM unnest(${sql.array(terms, 'text')}) WITH ORDINALITY AS asked (term, place)
    ORDER BY count LIMIT 1`);
  const [rarest] = counts;
  if (rarest === undefined || (hasOther && rarest.count >= RARE)) return undefined;
  return terms[rarest.place - 1];
};
