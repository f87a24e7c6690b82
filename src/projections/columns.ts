import { fromTextList, plainArray, textArray, textList } from '../db/text-list.ts';

export type Value = string | number | boolean | null;
export type ColumnType = 'text' | 'json text' | 'jsonb' | 'bigint' | 'integer' | 'boolean' | 'timestamptz';

/** A column of rows to write: its name, its type (`json text` is JSON stored as text) and its value for a row. */
export type Column<Row> = readonly [name: string, type: ColumnType, value: (row: Row) => Value];

/** Turns rows into one list per column for `unnest`, so that one statement writes any number of rows. */
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

/** Removes NUL characters, which Postgres can not store in a text. */
export const storable = (text: string): string => (text.includes('\0') ? text.replaceAll('\0', '') : text);

/** Serialises to JSON that jsonb accepts: without NUL characters and unpaired surrogates. */
export const storableJson = (value: unknown): string =>
  JSON.stringify(value, (_key, part: unknown) => (typeof part === 'string' ? storable(part).toWellFormed() : part));
