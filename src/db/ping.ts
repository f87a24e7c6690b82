import pg from 'pg';
import { boundedConfig, closeConnection } from './bounds.ts';

const ANSWER_MS = 4_000;

/** Checks within seconds that Postgres answers. Rejects with the error that kept it from answering. */
export const pingPostgres = async (databaseUrl: string): Promise<void> => {
  const client = new pg.Client({
    connectionString: databaseUrl,
    ...boundedConfig({ name: 'carillon start', answerMs: ANSWER_MS }),
  });
  client.on('error', () => {});
  try {
    await client.connect();
    await client.query('SELECT 1');
  } finally {
    await closeConnection(client);
  }
};
