import type { ClientBase } from 'pg';
import type { ExecutionStatus } from '../../domain/events/index.ts';
import type { ExecutionChange } from '../queries/records/executions.ts';
import { storable } from '../queries/row.ts';
import { type Column, copyRows } from '../write-records.ts';

/** Maximum characters of a term in an index. */
const MAX_TERM = 200;

/** The term of executions with this label. */
export const labelTerm = (key: string, value: string): string =>
  `label ${[...storable(`${key}:${value}`).toWellFormed()].slice(0, MAX_TERM).join('')}`;
export const isOfLabel = (term: string): boolean => term.startsWith('label ');
/**
 * The term of executions with this label and this end, other than `succeeded`: searches for failures with a label often
 * match few.
 */
export const endedTerm = (status: ExecutionStatus, ofLabel: string): string => `${status} ${ofLabel}`;
/** The term of executions that ended with an error with this word. */
export const wordTerm = (word: string): string => `error ${word}`;

/** SQL of the terms of a row `newer`, as these functions make them. */
export const LABEL_TERMS = `
  SELECT ended || 'label ' || left(label.key || ':' || label.value, ${MAX_TERM})
  FROM jsonb_each_text(newer.labels::jsonb) AS label,
    unnest(CASE newer.status WHEN 'succeeded' THEN ARRAY[''] ELSE ARRAY['', newer.status || ' '] END) AS ended`;
export const WORD_TERMS =
  "SELECT 'error ' || word FROM string_to_array(newer.error_words, ' ') AS words (list), unnest(list) AS word WHERE word <> ''";

/** SQL that inserts the terms of ended executions of a query `newer`. */
export const insertTerms = (schema: string): string => `
    INSERT INTO ${schema}.execution_terms (tenant, term, created_at, id, job_id, application_id)
    SELECT tenant, term, created_at, id, job_id, application_id
    FROM newer CROSS JOIN LATERAL (${LABEL_TERMS} UNION ${WORD_TERMS}) AS terms (term)
    WHERE NOT is_open AND (labels IS NOT NULL OR error_words IS NOT NULL)
    ON CONFLICT DO NOTHING`;

type TermRow = { readonly of: ExecutionChange; readonly term: string };

const columns: readonly Column<TermRow>[] = [
  ['tenant', 'text', ({ of }) => storable(of.tenant)],
  ['term', 'text', ({ term }) => term],
  ['created_at', 'timestamptz', ({ of }) => of.createdAt],
  ['id', 'bigint', ({ of }) => of.id],
  ['job_id', 'bigint', ({ of }) => of.jobId],
  ['application_id', 'bigint', ({ of }) => of.applicationId],
];

const termsOf = ({ status, labels, errorWords }: ExecutionChange): string[] => {
  const ofLabels = Object.entries(labels ?? {}).map(([key, value]) => labelTerm(key, value));
  return [
    ...ofLabels,
    ...(status === 'succeeded' ? [] : ofLabels.map((term) => endedTerm(status, term))),
    ...(errorWords ? errorWords.split(' ').map(wordTerm) : []),
  ];
};

/** Copies the terms of ended executions that the table does not have yet. */
export const copyTerms = (client: ClientBase, schema: string, rows: readonly ExecutionChange[]): Promise<void> =>
  copyRows(client, `${schema}.execution_terms`, {
    columns,
    rows: rows.values().flatMap((of) => new Set(termsOf(of)).values().map((term) => ({ of, term }))),
  });
