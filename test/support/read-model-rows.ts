import pg from 'pg';
import { allProjections } from '../../src/projections/all.ts';
import { viewSchema } from '../../src/projections/projection.ts';

/** Every row of every read model by its view, in a stable order, whatever the order of keys in the JSON that it holds. */
export const readModelRows = async (databaseUrl: string): Promise<Record<string, string[]>> => {
  const client = new pg.Client({ connectionString: databaseUrl });
  client.on('error', () => {});
  await client.connect();
  try {
    const rows: Record<string, string[]> = {};
    for (const projection of allProjections) {
      for (const view of projection.views) {
        const from = `${viewSchema(projection)}.${view}`;
        const result = await client.query<{ row: object }>(`SELECT to_jsonb(t) AS row FROM ${from} AS t`);
        rows[view] = result.rows.map(({ row }) => JSON.stringify(row, inOrder)).sort();
      }
    }
    return rows;
  } finally {
    await client.end();
  }
};

/** For JSON.stringify: sorts keys, and parses JSON that is stored as text. */
const inOrder = (_key: string, value: unknown): unknown => {
  const said = typeof value === 'string' && /^[{[]/.test(value) ? parsedOr(value) : value;
  if (typeof said !== 'object' || said === null || Array.isArray(said)) return said;
  return Object.fromEntries(Object.entries(said).sort(([a], [b]) => (a < b ? -1 : 1)));
};

const parsedOr = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
};
