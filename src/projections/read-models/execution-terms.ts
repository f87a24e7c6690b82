import type { ClientBase } from 'pg';
import type { ExecutionError, ExecutionStatus } from '../../domain/events/index.ts';
import { wordsIn } from '../../domain/words.ts';
import { type Column, storable } from '../columns.ts';
import { copyRows } from '../fill/copy-rows.ts';
import type { ExecutionRowChange } from './executions-fold.ts';

/** Characters of a term that are kept: an index holds no longer ones. */
const LONGEST_TERM = 200;
/** Different words of an error that it is found by. */
const MOST_WORDS = 60;

/** The term of executions with this label. */
export const labelTerm = (key: string, value: string): string =>
  `label ${[...storable(`${key}:${value}`).toWellFormed()].slice(0, LONGEST_TERM).join('')}`;
export const isOfLabel = (term: string): boolean => term.startsWith('label ');
/** The term of executions with this label that ended so, other than `succeeded`: who looks for failures of a label often finds few. */
export const endedTerm = (status: ExecutionStatus, ofLabel: string): string => `${status} ${ofLabel}`;
/** The term of executions that ended with an error with this word. */
export const wordTerm = (word: string): string => `error ${word}`;

/** SQL of the terms of a row `newer`, as these functions make them. */
export const LABEL_TERMS = `
  SELECT ended || 'label ' || left(label.key || ':' || label.value, ${LONGEST_TERM})
  FROM jsonb_each_text(newer.labels::jsonb) AS label,
    unnest(CASE newer.status WHEN 'succeeded' THEN ARRAY[''] ELSE ARRAY['', newer.status || ' '] END) AS ended`;
export const WORD_TERMS =
  "SELECT 'error ' || word FROM string_to_array(newer.error_words, ' ') AS words (list), unnest(list) AS word WHERE word <> ''";

/** The words that an execution with this error is found by. */
export const wordsOf = ({ code, message }: ExecutionError): string[] =>
  wordsIn(`${code} ${message}`).slice(0, MOST_WORDS);

type TermRow = { readonly of: ExecutionRowChange; readonly term: string };

const columns: readonly Column<TermRow>[] = [
  ['tenant', 'text', ({ of }) => storable(of.tenant)],
  ['term', 'text', ({ term }) => term],
  ['created_at', 'timestamptz', ({ of }) => of.createdAt],
  ['id', 'bigint', ({ of }) => of.id],
  ['job_id', 'bigint', ({ of }) => of.jobId],
  ['application_id', 'bigint', ({ of }) => of.applicationId],
];

const termsOf = ({ status, labels, error }: ExecutionRowChange): string[] => {
  const ofLabels = Object.entries(labels ?? {}).map(([key, value]) => labelTerm(key, value));
  return [
    ...ofLabels,
    ...(status === 'succeeded' ? [] : ofLabels.map((term) => endedTerm(status, term))),
    ...(error === undefined ? [] : wordsOf(error).map(wordTerm)),
  ];
};

/** Copies the terms of executions that have ended, which the table does not have yet. */
export const copyTerms = (client: ClientBase, schema: string, rows: readonly ExecutionRowChange[]): Promise<void> =>
  copyRows(client, `${schema}.execution_terms`, {
    columns,
    rows: rows.flatMap((of) => [...new Set(termsOf(of))].map((term) => ({ of, term }))),
  });
