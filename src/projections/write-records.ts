import type { ClientBase } from 'pg';
import { type Column, incomingRows } from './columns.ts';

type RowsToWrite<Row> = {
  readonly columns: readonly Column<Row>[];
  readonly keySql: string;
  readonly rows: Iterable<Row>;
};

/** Writes rows of a record with a `revision`, each as its last event says. A row of a higher revision stays. */
export const writeNewest = <Row>(
  client: ClientBase,
  table: string,
  { setSql, ...rows }: RowsToWrite<Row> & { readonly setSql: string },
): Promise<void> => writeOver(client, table, { ...rows, set: `${setSql} WHERE kept.revision < excluded.revision` });

/** Adds counts to those of the rows that are there. */
export const addCounts = <Row>(
  client: ClientBase,
  table: string,
  { addSql, ...rows }: RowsToWrite<Row> & { readonly addSql: string },
): Promise<void> => writeOver(client, table, { ...rows, set: addSql });

const writeOver = async <Row>(
  client: ClientBase,
  table: string,
  { columns, keySql, rows, set }: RowsToWrite<Row> & { readonly set: string },
): Promise<void> => {
  const { names, source, values } = incomingRows(columns, rows);
  await client.query({
    name: `${table}_write`,
    text: `INSERT INTO ${table} AS kept (${names}) SELECT ${names} FROM ${source} ON CONFLICT (${keySql}) DO UPDATE SET ${set}`,
    values,
  });
};
