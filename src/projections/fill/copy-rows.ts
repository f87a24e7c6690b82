import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setImmediate } from 'node:timers/promises';
import type { ClientBase } from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import type { Column } from '../columns.ts';

/** Rows turned into text before other work of this process gets its turn: about a millisecond. */
const ROWS_A_TURN = 200;

/** Copies rows into a table. The connection must not pipeline statements. */
export const copyRows = async <Row>(
  client: ClientBase,
  table: string,
  { columns, rows }: { readonly columns: readonly Column<Row>[]; readonly rows: readonly Row[] },
): Promise<void> => {
  if (rows.length === 0) return;
  const names = columns.map(([name]) => name).join(', ');
  await pipeline(Readable.from(texts(columns, rows)), client.query(copyFrom(`COPY ${table} (${names}) FROM STDIN`)));
};

async function* texts<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): AsyncGenerator<string> {
  for (let first = 0; first < rows.length; first += ROWS_A_TURN) {
    let text = '';
    for (const row of rows.slice(first, first + ROWS_A_TURN)) text += lineOf(columns, row);
    yield text;
    await setImmediate();
  }
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
