import pg from 'pg';
import { CoalescingSocket } from '../db/coalescing-socket.ts';
import { KEEP_PLANS } from '../db/keep-plans.ts';

/**
 * One connection that holds session locks, listens and writes; whatever it held is gone once it is lost. Statements go
 * out without waiting for those before them.
 */
export type Session = {
  readonly client: pg.Client;
  /** Aborts, with the reason, when the connection breaks. */
  readonly lost: AbortSignal;
  close(): Promise<void>;
};

export type SessionOptions = {
  readonly databaseUrl: string;
  /** Shown in pg_stat_activity. */
  readonly name: string;
};

// A server that still waits for a vanished peer would keep its locks from the process that stands by.
const GIVE_UP_VANISHED_PEERS =
  '-c client_connection_check_interval=2s -c tcp_keepalives_idle=5 -c tcp_keepalives_interval=2 -c tcp_keepalives_count=3';
const CONNECT_TIMEOUT_MS = 5_000;

export const openSession = async ({ databaseUrl, name }: SessionOptions): Promise<Session> => {
  const client = new pg.Client({
    connectionString: databaseUrl,
    application_name: name,
    // Planning what a small batch writes takes longer than writing it.
    options: `${GIVE_UP_VANISHED_PEERS} ${KEEP_PLANS}`,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    keepAlive: true,
    pipeline: true,
    stream: () => new CoalescingSocket(),
  });
  const losing = new AbortController();
  client.on('error', (error) => losing.abort(error));
  client.on('end', () => losing.abort(new Error('the connection to Postgres was closed')));
  await client.connect();
  return {
    client,
    lost: losing.signal,
    close: () => client.end().catch(() => {}),
  };
};

/** Runs all or nothing. */
export const inTransaction = async <T>(client: pg.ClientBase, run: () => Promise<T>): Promise<T> => {
  await client.query('BEGIN');
  try {
    const result = await run();
    await client.query('COMMIT');
    return result;
  } catch (error) {
    // On a lost connection this fails too, and the server has rolled back already: the first error tells more.
    await client.query('ROLLBACK').catch(() => {});
    throw error;
  }
};
