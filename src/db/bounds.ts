import pg from 'pg';

const CONNECT_TIMEOUT_MS = 5_000;
/** From then on the kernel asks a silent peer every second; ten questions without an answer end the connection. */
const KEEP_ALIVE_AFTER_MS = 10_000;
/** The server answers first, that it gave a statement up: who hears nothing of that hears nothing at all. */
const SILENCE_MS = 1_000;
const GOODBYE_MS = 1_000;

export type SessionBounds = {
  /** Shown in pg_stat_activity. */
  readonly name: string;
  /** A statement that takes longer is given up, by the server and then by this side, with its connection. */
  readonly answerMs: number;
};

/** What bounds a connection to Postgres, however the server behaves: its start, each statement, its silence. */
export const bounded = ({ name, answerMs }: SessionBounds): pg.ClientConfig => ({
  application_name: name,
  connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
  keepAlive: true,
  keepAliveInitialDelayMillis: KEEP_ALIVE_AFTER_MS,
  statement_timeout: answerMs,
  query_timeout: answerMs + Math.min(answerMs, SILENCE_MS),
});

/** Ends a connection at once. The client's own end would wait for the statements that are under way. */
export const cut = (client: pg.Client, why: string): void => {
  client.connection.stream.destroy(new Error(why));
};

/** Says goodbye to the server, and waits no longer than a second for it. */
export const hangUp = async (client: pg.Client): Promise<void> => {
  const late = setTimeout(() => client.connection.stream.destroy(), GOODBYE_MS);
  try {
    await client.end();
  } finally {
    clearTimeout(late);
  }
};

/** Whether the server itself said what was wrong: the connection is in order then. */
export const isAnswered = (error: unknown): boolean => error instanceof pg.DatabaseError && error.severity === 'ERROR';
