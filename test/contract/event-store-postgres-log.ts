import pg from 'pg';
import { BEGIN_AS_WRITER } from '../../src/event-store/postgres/writer-lock.ts';
import { createPostgresEventStore } from '../../src/event-store/postgres.ts';
import { freshDatabase } from '../support/postgres.ts';
import { manualWorld } from '../support/world.ts';
import { type ContractLog, contractCodec } from './event-store-support.ts';

const DEADLINE_MS = 10_000;

/** A log in a database of its own, and stores whose time stands still: nothing in them is found by polling. */
export const postgresLog = async (): Promise<ContractLog & { readonly url: string; readonly admin: pg.Client }> => {
  const database = await freshDatabase();
  const world = manualWorld();
  const admin = new pg.Client({ connectionString: database.url });
  await admin.connect();
  return {
    url: database.url,
    admin,
    open: ({ codec = contractCodec } = {}) =>
      createPostgresEventStore({
        connection: { connectionString: database.url },
        codec,
        world,
        appendDeadlineMs: DEADLINE_MS,
      }),
    silence: async () => {
      await admin.query(BEGIN_AS_WRITER);
      return async () => {
        await admin.query('rollback');
      };
    },
    passDeadline: () => world.advance(DEADLINE_MS),
    cutConnections: async () => {
      await admin.query(
        "select pg_terminate_backend(pid) from pg_stat_activity where application_name like 'carillon log%' and datname = current_database()",
      );
    },
    scavenge: async () => true,
    remove: async () => {
      await admin.end();
      await database.drop();
    },
  };
};
