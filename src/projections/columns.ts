/** A column of rows to be written: its name, its Postgres type and where its value comes from. */
export type Column<Row> = readonly [name: string, type: string, value: (row: Row) => unknown];

/** Rows as one array a column, for `unnest`: one statement whatever their number, and no object a row. */
export const incoming = <Row>(columns: readonly Column<Row>[], rows: Iterable<Row>) => {
  const all = [...rows];
  const names = columns.map(([name]) => name).join(', ');
  const arrays = columns.map(([, type], index) => `$${index + 1}::${type}[]`).join(', ');
  return {
    names,
    /** A FROM item named `incoming`. */
    source: `unnest(${arrays}) AS incoming (${names})`,
    values: columns.map(([, , value]) => all.map(value)),
  };
};

/** Postgres holds no NUL in a text. */
export const storable = (text: string): string => (text.includes('\0') ? text.replaceAll('\0', '') : text);

/** JSON that jsonb takes: without NUL and unpaired surrogates. */
export const storableJson = (value: unknown): string =>
  JSON.stringify(value, (_key, part: unknown) => (typeof part === 'string' ? storable(part).toWellFormed() : part));

export const jsonOrNull = (value: unknown): string | null => (value === undefined ? null : JSON.stringify(value));
