import type { ClientBase } from 'pg';
import { type Column, incomingRows } from './columns.ts';

type NewestRecord<Row> = {
  readonly columns: readonly Column<Row>[];
  readonly keySql: string;
  readonly setSql: string;
};

/** Writes rows of a record with a `revision`, each as its last event says. A row of a higher revision stays. */
export const writeNewest = async <Row>(
  client: ClientBase,
  table: string,
  { columns, keySql, setSql, rows }: NewestRecord<Row> & { readonly rows: Iterable<Row> },
): Promise<void> => {
  const { names, source, values } = incomingRows(columns, rows);
  await client.query({
    name: `${table}_newest`,
    text: `INSERT INTO ${table} AS kept (${names}) SELECT ${names} FROM ${source}
     ON CONFLICT (${keySql}) DO UPDATE SET ${setSql} WHERE kept.revision < excluded.revision`,
    values,
  });
};
