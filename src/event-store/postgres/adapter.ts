import pg from 'pg';
import { boundedConfig, closeConnection } from '../../db/bounds.ts';
import { migrate } from '../../db/migrate.ts';
import { readPostgresPlace } from '../../db/postgres-place.ts';
import { LogUnavailable } from '../errors.ts';
import type { LogAdapter } from '../log-kind.ts';
import { createPostgresEventStore } from './store.ts';

const ANSWER_MS = 4_000;

export const postgresAdapter: LogAdapter = {
  // DATABASE_URL is checked with the settings.
  checkUrl: () => {},
  prepare: async ({ url }, log) => {
    await migrate(url, log);
  },
  open: ({ url }, options) => createPostgresEventStore({ connection: { connectionString: url }, ...options }),
  place: async ({ url }, log) => {
    const client = new pg.Client({
      connectionString: url,
      ...boundedConfig({ name: 'carillon log place', answerMs: ANSWER_MS }),
    });
    // A server that stops may report it while this connection is being closed.
    client.on('error', () => {});
    try {
      await client.connect();
      return await readPostgresPlace(client, log);
    } finally {
      await closeConnection(client).catch(() => {});
    }
  },
  describe: () => 'the log in Postgres',
  isAway: (failure) => failure instanceof LogUnavailable,
  explain: (failure) => failure,
};
