import pg from 'pg';
import { boundedConfig, closeConnection } from '../db/bounds.ts';
import { CoalescingSocket } from '../db/coalescing-socket.ts';
import { KEEP_PLANS } from '../db/keep-plans.ts';
import type { Timers } from '../world.ts';

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
  /** The longest that a statement may take, unless it says otherwise itself; default 20 s. */
  readonly answerMs?: number;
};

const ANSWER_MS = 20_000;
/** How often a session that has nothing to do asks for a sign of life, which is one of its own to the server too. */
export const PROBE_MS = 5_000;

// A server that still waits for a process that vanished, froze or was cut off would keep its locks from the one that
// stands by.
const GIVE_UP_SILENT_PEERS = [
  'client_connection_check_interval=2s',
  'tcp_keepalives_idle=5',
  'tcp_keepalives_interval=2',
  'tcp_keepalives_count=3',
  'idle_session_timeout=15s',
  'idle_in_transaction_session_timeout=15s',
]
  .map((setting) => `-c ${setting}`)
  .join(' ');

export const openSession = async ({ databaseUrl, name, answerMs = ANSWER_MS }: SessionOptions): Promise<Session> => {
  const client = new pg.Client({
    connectionString: databaseUrl,
    ...boundedConfig({ name, answerMs }),
    // Planning what a small batch writes takes longer than writing it.
    options: `${GIVE_UP_SILENT_PEERS} ${KEEP_PLANS}`,
    pipeline: true,
    stream: () => new CoalescingSocket(),
  });
  const losing = new AbortController();
  client.on('error', (error) => losing.abort(error));
  client.on('end', () => losing.abort(new Error('the connection to Postgres was closed')));
  await client.connect();
  return { client, lost: losing.signal, close: () => closeConnection(client).catch(() => {}) };
};

/** Asks the server for a sign of life every few seconds, until the signal aborts; the session is lost where none comes. */
export const probe = async ({ client }: Session, timers: Timers, until: AbortSignal): Promise<void> => {
  while (!until.aborted) {
    await client.query('SELECT 1').catch(() => {});
    await timers.sleep(PROBE_MS, until);
  }
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
