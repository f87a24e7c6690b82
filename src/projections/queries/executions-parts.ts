import { type FragmentSqlToken, sql } from 'slonik';
import { z } from 'zod';
import type { RowReader } from '../../db/reader.ts';
import { EXECUTION_STATUSES, type ExecutionStatus } from '../../domain/events/index.ts';
import { wordsIn } from '../../domain/words.ts';
import { endedTerm, isOfLabel, labelTerm, wordTerm } from '../read-models/execution-terms.ts';
import { conditionsOf, type ExecutionFilter } from './executions-filter.ts';
import { hasAny, isNamed, isOfApplication } from './filters.ts';
import { allOf } from './page.ts';
import { bigint, storable } from './row.ts';
import { isOfBound, type Scope, visible } from './scope.ts';
import { views } from './views.ts';

/**
 * Whose executions a list is of: each job, application or tenant has its own in the order of lists, in an index. `isAll`
 * where no other condition on jobs and applications is left.
 */
export type Strands = {
  readonly by: 'tenant' | 'application' | 'job';
  /** Of the jobs or applications. */
  readonly ids: readonly number[];
  /** Whether rows of these strands meet all that the filter says of jobs and applications. */
  readonly isAll: boolean;
};

const OF_TENANT: Strands = { by: 'tenant', ids: [], isAll: false };
/** So many rows are read of all strands together at the most, to find those of a page. */
const MAX_ROWS = 10_000;

const JobRow = z.object({ id: bigint });

/** Finds the jobs or applications that a filter means. Where these are too many, the list is read of the whole tenant. */
export const strandsOf = async (
  reader: RowReader,
  scope: Scope,
  filter: ExecutionFilter,
  limit: number,
): Promise<Strands> => {
  const { jobId, jobName, applicationId, application } = filter;
  const most = Math.max(1, Math.floor(MAX_ROWS / (limit + 1)));
  const isOfSome = applicationId !== undefined || application !== undefined || scope.applications !== undefined;
  if (jobId !== undefined && jobName === undefined && !isOfSome) return { by: 'job', ids: [jobId], isAll: true };
  if (jobId !== undefined || jobName !== undefined) {
    const rows = await reader.any(sql.type(JobRow)`
      SELECT listed.job_id AS id FROM ${views.jobs} AS listed JOIN ${visible(scope)} USING (tenant)
      WHERE ${allOf([
        ...(jobId === undefined ? [] : [sql.fragment`listed.job_id = ${jobId}`]),
        ...(jobName === undefined ? [] : [isNamed(sql.fragment`listed`, jobName)]),
        ...(applicationId === undefined ? [] : [sql.fragment`listed.application_id = ${applicationId}`]),
        ...(application === undefined ? [] : [isOfApplication(application)]),
        isOfBound(scope, sql.fragment`listed`),
      ])} LIMIT ${most + 1}`);
    return rows.length > most ? OF_TENANT : { by: 'job', ids: rows.map(({ id }) => id), isAll: true };
  }
  if (application !== undefined) {
    const rows = await reader.any(sql.type(JobRow)`
      SELECT application.application_id AS id FROM ${views.applications} JOIN ${visible(scope)} USING (tenant)
      WHERE ${allOf([
        sql.fragment`application.name = ${storable(application)}`,
        ...(applicationId === undefined ? [] : [sql.fragment`application.application_id = ${applicationId}`]),
        isOfBound(scope, sql.fragment`application`),
      ])} LIMIT ${most + 1}`);
    return rows.length > most ? OF_TENANT : { by: 'application', ids: rows.map(({ id }) => id), isAll: true };
  }
  const bound = scope.applications;
  if (applicationId !== undefined)
    return { by: 'application', ids: bound?.includes(applicationId) === false ? [] : [applicationId], isAll: true };
  if (bound !== undefined && bound.length <= most) return { by: 'application', ids: bound, isAll: true };
  return bound === undefined ? { ...OF_TENANT, isAll: true } : OF_TENANT;
};

/** The strands as a FROM item `strand (id)`, where they are several. */
export const strandItem = ({ ids }: Strands): FragmentSqlToken =>
  ids.length < 2 ? sql.fragment`` : sql.fragment`CROSS JOIN unnest(${sql.array([...ids], 'int8')}) AS strand (id)`;

/** A condition on a row: it is of the strand. */
export const isOfStrand = ({ by, ids }: Strands, row: FragmentSqlToken): FragmentSqlToken => {
  const [id] = ids;
  const own = ids.length > 1 ? sql.fragment`strand.id` : sql.fragment`${id ?? 0}`;
  switch (by) {
    case 'tenant':
      return sql.fragment`${row}.tenant = visible.tenant`;
    case 'application':
      return sql.fragment`${row}.tenant = visible.tenant AND ${row}.application_id = ${own}`;
    case 'job':
      return sql.fragment`${row}.tenant = visible.tenant AND ${row}.job_id = ${own}`;
  }
};

/**
 * A part of a list, which one index has in the order of the list: conditions on `listed`, of rows that are found by a
 * term, or by themselves. Each row of the list is in one part.
 */
export type Part = { readonly term?: string; readonly conditions: readonly FragmentSqlToken[] };

const IS_OPEN = sql.fragment`listed.is_open`;
const HAS_ENDED = sql.fragment`NOT listed.is_open`;
const OPEN: readonly ExecutionStatus[] = ['pending', 'running'];
const isOpen = (status: ExecutionStatus): boolean => OPEN.includes(status);

/** What the filter says apart from jobs and applications, as parts. */
export const partsOf = async (
  reader: RowReader,
  scope: Scope,
  filter: ExecutionFilter,
  strands: Strands,
): Promise<readonly Part[]> => {
  const { jobId: _, jobName: __, applicationId: ___, application: ____, ...own } = filter;
  const { status, ...others } = strands.isAll ? own : filter;
  const term = await termOf(reader, scope, filter, strands);
  const statuses = status ?? EXECUTION_STATUSES;
  const hasError = filter.errorCode !== undefined || filter.errorText !== undefined;
  const open = statuses.filter(isOpen);
  const ended = statuses.filter((each) => !isOpen(each));
  if (term === undefined && !hasError && (status === undefined || statuses.length === EXECUTION_STATUSES.length))
    return [{ conditions: conditionsOf(others) }];
  const ofOpen =
    open.length === 0 || hasError ? [] : [{ conditions: [IS_OPEN, ...conditionsOf({ ...others, status: open })] }];
  const endedWith = (some: readonly ExecutionStatus[]): FragmentSqlToken[] => [
    HAS_ENDED,
    ...conditionsOf(some.length === 3 ? others : { ...others, status: [...some] }),
  ];
  if (ended.length === 0) return ofOpen;
  if (term !== undefined && isOfLabel(term) && !ended.includes('succeeded'))
    return [
      ...ofOpen,
      ...ended.map((each) => ({ term: endedTerm(each, term), conditions: [HAS_ENDED, ...conditionsOf(others)] })),
    ];
  if (term !== undefined) return [...ofOpen, { term, conditions: endedWith(ended) }];
  if (hasError || ended.length === 3) return [...ofOpen, { conditions: endedWith(ended) }];
  return [...ofOpen, ...ended.map((each) => ({ conditions: endedWith([each]) }))];
};

/** A term is rare where fewer executions have it: all of them are read then, if need be. */
const RARE = 1_000;

const CountRow = z.object({ place: z.int(), count: bigint });

/**
 * The term by which the list is read: the rarest. Where all are frequent, and the filter names something else that an
 * index is kept of, the list is read by that.
 */
const termOf = async (
  reader: RowReader,
  scope: Scope,
  { labels, errorText, errorCode, status, trigger, backfillId }: ExecutionFilter,
  strands: Strands,
): Promise<string | undefined> => {
  const terms = [
    ...Object.entries(labels ?? {}).map(([key, value]) => labelTerm(key, value)),
    ...wordsIn(errorText ?? '').map(wordTerm),
  ];
  const hasOther =
    errorCode !== undefined ||
    backfillId !== undefined ||
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
