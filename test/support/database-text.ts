import pg from 'pg';

/** Every row of every table and view of a database as text, each with the name of its table. */
export const databaseTexts = async (url: string): Promise<{ readonly table: string; readonly text: string }[]> => {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const { rows: tables } = await client.query<{ name: string }>(
      `SELECT format('%I.%I', table_schema, table_name) AS name FROM information_schema.tables
       WHERE table_schema NOT IN ('pg_catalog', 'information_schema') ORDER BY 1`,
    );
    const texts = [];
    for (const { name } of tables) {
      const { rows } = await client.query<{ text: string }>(`SELECT t::text AS text FROM ${name} AS t`);
      texts.push(...rows.map(({ text }) => ({ table: name, text })));
    }
    return texts;
  } finally {
    await client.end();
  }
};
