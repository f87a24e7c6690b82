import { fromTextList, plainArray, textArray, textList } from '../db/text-list.ts';

type Value = string | number | boolean | null;
type ColumnType = 'text' | 'json text' | 'jsonb' | 'bigint' | 'integer' | 'boolean' | 'timestamptz';

/** A column of rows to be written: its name, its type (`json text` is JSON kept as text) and where its value comes from. */
export type Column<Row> = readonly [name: string, type: ColumnType, value: (row: Row) => Value];

/** Rows as one list a column, for `unnest`: one statement whatever their number, and no object a row. */
export const incomingRows = <Row>(columns: readonly Column<Row>[], rows: Iterable<Row>) => {
  const all = [...rows];
  const names = columns.map(([name]) => name).join(', ');
  const lists = columns.map(([, type], index) => listSql(type, `$${index + 1}`)).join(', ');
  return {
    names,
    /** A FROM item named `incoming`. */
    source: `unnest(${lists}) AS incoming (${names})`,
    values: columns.map(([, type, value]) => listOf(type, all.map(value))),
  };
};

const listSql = (type: ColumnType, parameter: string): string => {
  switch (type) {
    case 'json text':
      return fromTextList(parameter);
    case 'jsonb':
      return `${fromTextList(parameter)}::jsonb[]`;
    case 'text':
    case 'bigint':
    case 'integer':
    case 'boolean':
    case 'timestamptz':
      return `${parameter}::${type}[]`;
  }
};

const listOf = (type: ColumnType, values: readonly Value[]): string => {
  switch (type) {
    case 'text':
      return textArray(values);
    case 'json text':
    case 'jsonb':
      return textList(values);
    case 'bigint':
    case 'integer':
    case 'boolean':
    case 'timestamptz':
      return plainArray(values);
  }
};

/** Postgres holds no NUL in a text. */
export const storable = (text: string): string => (text.includes('\0') ? text.replaceAll('\0', '') : text);

/** JSON that jsonb takes: without NUL and unpaired surrogates. */
export const storableJson = (value: unknown): string =>
  JSON.stringify(value, (_key, part: unknown) => (typeof part === 'string' ? storable(part).toWellFormed() : part));

export const jsonOrNull = (value: unknown): string | null => (value === undefined ? null : JSON.stringify(value));
