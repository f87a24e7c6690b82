import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setImmediate } from 'node:timers/promises';
import type { ClientBase } from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { plainArray, textArray } from '../db/array-parameters.ts';

export type Value = string | number | boolean | null;
export type ColumnType = 'text' | 'jsonb' | 'bytea' | 'bigint' | 'boolean' | 'timestamptz';

/** A column of rows to write: its name, its type and its value for a row. */
export type Column<Row> = readonly [name: string, type: ColumnType, value: (row: Row) => Value];

/**
 * Turns rows into one list per column for `unnest`, so that one statement writes any number of rows.
 * @param parametersBefore the number of parameters that the statement has before these
 */
export const incomingRows = <Row>(columns: readonly Column<Row>[], rows: Iterable<Row>, parametersBefore = 0) => {
  const all = [...rows];
  const names = columns.map(([name]) => name).join(', ');
  const lists = columns.map(([, type], index) => listSql(type, `$${parametersBefore + index + 1}`)).join(', ');
  return {
    names,
    /** A FROM item named `incoming`. */
    source: `unnest(${lists}) AS incoming (${names})`,
    values: columns.map(([, type, value]) => listOf(type, all.map(value))),
    count: all.length,
  };
};

const listSql = (type: ColumnType, parameter: string): string =>
  type === 'jsonb' || type === 'bytea' ? `${parameter}::text[]::${type}[]` : `${parameter}::${type}[]`;

/** If no row has a value, the list is empty: `unnest` fills shorter lists up with nulls. */
const listOf = (type: ColumnType, values: readonly Value[]): string | Buffer => {
  const given = values.every((value) => value === null) ? [] : values;
  switch (type) {
    case 'text':
    case 'jsonb':
    case 'bytea':
      return textArray(given.map((value) => (value === null ? null : String(value))));
    case 'bigint':
    case 'boolean':
    case 'timestamptz':
      return plainArray(given);
  }
};

type RowsToWrite<Row> = {
  readonly columns: readonly Column<Row>[];
  readonly keySql: string;
  readonly rows: Iterable<Row>;
  /** The name of the prepared statement, if the table has several. */
  readonly name?: string;
};

/** Writes rows that the table does not have. A row that is there stays. */
export const writeMissing = <Row>(client: ClientBase, table: string, rows: RowsToWrite<Row>): Promise<void> =>
  upsertRows(client, table, rows, 'NOTHING');

/** Writes rows of a record with a `revision`. A row of a higher revision stays. */
export const writeNewest = <Row>(
  client: ClientBase,
  table: string,
  { setSql, ...rows }: RowsToWrite<Row> & { readonly setSql: string },
): Promise<void> => upsertRows(client, table, rows, `UPDATE SET ${setSql} WHERE kept.revision < excluded.revision`);

/** Adds counts to those of the rows that are there. */
export const addCounts = <Row>(
  client: ClientBase,
  table: string,
  { addSql, ...rows }: RowsToWrite<Row> & { readonly addSql: string },
): Promise<void> => upsertRows(client, table, rows, `UPDATE SET ${addSql}`);

/** Inserts rows. @param onConflict for a row that is there, as `kept` */
export const upsertRows = <Row>(
  client: ClientBase,
  table: string,
  rows: RowsToWrite<Row>,
  onConflict: string,
): Promise<void> =>
  writeIncoming(
    client,
    `${table}_${rows.name ?? 'write'}`,
    rows,
    ({ names, source }) =>
      `INSERT INTO ${table} AS kept (${names}) SELECT ${names} FROM ${source} ON CONFLICT (${rows.keySql}) DO ${onConflict}`,
  );

/**
 * Runs a statement that reads these rows from `source`, which is named `incoming`. Runs none if there are no rows.
 * @param name of the prepared statement
 */
export const writeIncoming = async <Row>(
  client: ClientBase,
  name: string,
  { columns, rows }: { readonly columns: readonly Column<Row>[]; readonly rows: Iterable<Row> },
  statement: (incoming: { readonly names: string; readonly source: string }) => string,
): Promise<void> => {
  const { values, count, ...incoming } = incomingRows(columns, rows);
  if (count > 0) await client.query({ name, text: statement(incoming), values });
};

/** Rows that are converted without a turn for other work of this process. */
const ROWS_A_TURN = 200;

/** Copies rows into a table. The connection must not pipeline statements. */
export const copyRows = async <Row>(
  client: ClientBase,
  table: string,
  { columns, rows }: { readonly columns: readonly Column<Row>[]; readonly rows: Iterable<Row> },
): Promise<void> => {
  const names = columns.map(([name]) => name).join(', ');
  await pipeline(Readable.from(texts(columns, rows)), client.query(copyFrom(`COPY ${table} (${names}) FROM STDIN`)));
};

async function* texts<Row>(columns: readonly Column<Row>[], rows: Iterable<Row>): AsyncGenerator<string> {
  let text = '';
  let count = 0;
  for (const row of rows) {
    text += lineOf(columns, row);
    count += 1;
    if (count < ROWS_A_TURN) continue;
    yield text;
    [text, count] = ['', 0];
    await setImmediate();
  }
  if (count > 0) yield text;
}

/** A row in the text format of COPY. */
const lineOf = <Row>(columns: readonly Column<Row>[], row: Row): string => {
  let line = '';
  let separator = '';
  for (const [, , value] of columns) {
    line += separator + fieldOf(value(row));
    separator = '\t';
  }
  return `${line}\n`;
};

const fieldOf = (value: string | number | boolean | null): string => {
  if (value === null) return '\\N';
  if (typeof value !== 'string') return String(value);
  return SPECIAL.test(value) ? value.replaceAll(ALL_SPECIAL, escaped) : value;
};

const SPECIAL = /[\\\t\n\r]/;
const ALL_SPECIAL = /[\\\t\n\r]/g;
const ESCAPES: Readonly<Record<string, string>> = { '\t': '\\t', '\n': '\\n', '\r': '\\r' };
const escaped = (character: string): string => ESCAPES[character] ?? '\\\\';
