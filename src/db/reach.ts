import pg from 'pg';
import { bounded, hangUp } from './bounds.ts';

const ANSWER_MS = 4_000;

/** Asks Postgres for a sign of life, within seconds; rejects with what kept it from answering. */
export const reach = async (databaseUrl: string): Promise<void> => {
  const client = new pg.Client({
    connectionString: databaseUrl,
    ...bounded({ name: 'carillon start', answerMs: ANSWER_MS }),
  });
  client.on('error', () => {});
  try {
    await client.connect();
    await client.query('select 1');
  } finally {
    await hangUp(client);
  }
};
