import { type FragmentSqlToken, sql } from 'slonik';
import { z } from 'zod';
import type { RowReader } from '../../db/reader.ts';
import { EXECUTION_STATUSES, type ExecutionStatus } from '../../domain/events/index.ts';
import { wordsIn } from '../../domain/words.ts';
import { endedTerm, isOfLabel, labelTerm, wordTerm } from '../read-models/execution-terms.ts';
import { conditionsOf } from './executions-filter.ts';
import { isOfStrand, type Strands, strandItem } from './executions-strands.ts';
import { hasAny } from './filters.ts';
import type { ExecutionFilter } from './port/executions.ts';
import type { Scope } from './port/scope.ts';
import { bigint } from './row.ts';
import { visible } from './scope.ts';
import { views } from './views.ts';

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
