import pg from 'pg';
import { CoalescingSocket } from '../../db/coalescing-socket.ts';
import type { Log } from '../../world.ts';

/**
 * A process that is frozen or cut off in the middle of a transaction would hold the writer lock for ever, and with it
 * every other process: after this long Postgres ends its session.
 */
const IDLE_IN_TRANSACTION_MS = 5_000;
const CONNECT_TIMEOUT_MS = 5_000;
const READ_TIMEOUT_MS = 30_000;
/** Pages of a handful of subscriptions at once, and reads of single streams beside them. */
const READERS = 8;

/** Every value comes as Postgres's text for it: the adapter turns into numbers only what it needs as numbers. */
const asText: pg.CustomTypesConfig = { getTypeParser: () => (text: string | Buffer) => text };

const settings = (config: pg.ClientConfig, name: string): pg.ClientConfig => ({
  ...config,
  application_name: `carillon log ${name}`,
  connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
  idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_MS,
  keepAlive: true,
  types: asText,
});

/** For reads and cuts; a connection lost while idle is replaced. */
export const readerPool = (config: pg.ClientConfig, log: Log): pg.Pool => {
  const pool = new pg.Pool({
    ...settings(config, 'reader'),
    max: READERS,
    statement_timeout: READ_TIMEOUT_MS,
    query_timeout: READ_TIMEOUT_MS + CONNECT_TIMEOUT_MS,
  });
  pool.on('error', ({ message }) => {
    if (!pool.ending) log.warn({ error: message }, 'an idle connection to the log was lost');
  });
  return pool;
};

export type OneConnection = {
  /** The connection, opened where there is none. */
  get(): Promise<pg.Client>;
  /** Cuts it, whatever is under way on it; the next `get` opens another. */
  drop(): void;
  close(): Promise<void>;
};

type Connection = { readonly client: pg.Client; readonly opened: Promise<pg.Client> };

/** One connection at a time, for what must not share one. Statements go out without waiting for those before them. */
export const oneConnection = ({
  config,
  name,
  onLost = () => {},
}: {
  config: pg.ClientConfig;
  name: string;
  /** Called when an open connection was lost, not when it was dropped. */
  onLost?: (error: unknown) => void;
}): OneConnection => {
  let current: Connection | undefined;

  const open = (): Connection => {
    const stream = () => new CoalescingSocket();
    const client = new pg.Client({ ...settings(config, name), pipeline: true, stream });
    const opened = client.connect().then(() => client);
    const connection = { client, opened };
    const lost = (error?: unknown) => {
      if (current !== connection) return;
      current = undefined;
      onLost(error);
    };
    client.on('error', lost);
    client.on('end', lost);
    opened.catch(lost);
    return connection;
  };
  const end = async (): Promise<void> => {
    const ending = current;
    current = undefined;
    await ending?.opened.then((client) => client.end()).catch(() => {});
  };
  return {
    get: () => {
      current ??= open();
      return current.opened;
    },
    drop: () => void end(),
    close: end,
  };
};
