import pg from 'pg';
import type { EventStore } from '../../src/event-store/port.ts';
import { BEGIN_AS_WRITER } from '../../src/event-store/postgres/append-transaction.ts';
import { createPostgresEventStore } from '../../src/event-store/postgres/store.ts';
import { atEnd } from '../support/at-end.ts';
import { type FreshDatabase, freshDatabase } from '../support/postgres.ts';
import { type ManualWorld, manualWorld } from '../support/world.ts';
import { type ContractLog, contractCodec } from './event-store-support.ts';

const DEADLINE_MS = 10_000;

/** Databases of logs that were removed, empty as new ones are: one is emptied in a tenth of the time that a copy takes. */
const emptied: FreshDatabase[] = [];

const emptyDatabase = async (): Promise<FreshDatabase> => {
  const known = emptied.pop();
  if (known !== undefined) return known;
  const database = await freshDatabase();
  atEnd(async () => {
    emptied.length = 0;
    await database.drop();
  });
  return database;
};

const CUT_OFF = `
  SELECT pg_terminate_backend(pid) FROM pg_stat_activity
  WHERE pid <> pg_backend_pid() AND datname = current_database()`;
const EMPTY = `
  TRUNCATE log_events, log_streams;
  UPDATE log_floor SET position = 0, recorded_at = '-infinity'`;

type PostgresLog = ContractLog & {
  readonly url: string;
  readonly admin: pg.Client;
  readonly lines: ManualWorld['lines'];
  /** Opens a store that reads the end of the log as often as a process does; others read it whenever it moves. */
  openPaced(): EventStore;
  /** Moves the clock of its stores. */
  advance(ms: number): Promise<void>;
};

/** A log in a database of its own, and stores whose time stands still: nothing in them is found by polling. */
export const postgresLog = async (): Promise<PostgresLog> => {
  const database = await emptyDatabase();
  const world = manualWorld();
  const admin = new pg.Client({ connectionString: database.url });
  await admin.connect();
  const connection = { connectionString: database.url };
  return {
    url: database.url,
    admin,
    lines: world.lines,
    open: ({ codec = contractCodec } = {}) =>
      createPostgresEventStore({ connection, codec, world, appendDeadlineMs: DEADLINE_MS, endEveryMs: 0 }),
    openPaced: () => createPostgresEventStore({ connection, codec: contractCodec, world }),
    advance: world.advance,
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
      await admin.query(`${CUT_OFF}; ${EMPTY}`);
      await admin.end();
      emptied.push(database);
    },
  };
};
