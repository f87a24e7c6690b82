import pg from 'pg';
import { BoundedPool } from '../../db/bounded-pool.ts';
import { boundedConfig, breakConnection, closeConnection } from '../../db/bounds.ts';
import { CoalescingSocket } from '../../db/coalescing-socket.ts';
import type { Logger } from '../../world.ts';

/**
 * A process that is frozen or cut off in the middle of a transaction would hold the writer lock for ever, and with it
 * every other process: after this long Postgres ends its session. What is done between two statements takes far less.
 */
const IDLE_IN_TRANSACTION_MS = 1_000;
const ANSWER_MS = 10_000;
/** Pages of a handful of subscriptions at once, and reads of single streams beside them. */
const READERS = 8;

/** Every value comes as Postgres's text for it: the adapter turns into numbers only what it needs as numbers. */
const asText: pg.CustomTypesConfig = { getTypeParser: () => (text: string | Buffer) => text };

const settings = (config: pg.ClientConfig, name: string, answerMs: number): pg.ClientConfig => ({
  ...boundedConfig({ name: `carillon log ${name}`, answerMs }),
  ...config,
  idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_MS,
  types: asText,
});

/** For reads and cuts; a connection lost while idle is replaced. */
export const readerPool = (config: pg.ClientConfig, answerMs: number, log: Logger): BoundedPool => {
  const pool = new BoundedPool({ ...settings(config, 'reader', answerMs), max: READERS });
  pool.on('error', ({ message }) => {
    if (!pool.ending) log.debug({ error: message }, 'an idle connection to the log was lost');
  });
  return pool;
};

export type OneConnection = {
  /** The connection, opened where there is none. */
  get(): Promise<pg.Client>;
  /** Whether it is this one still, neither lost nor given up. */
  isCurrent(client: pg.Client): boolean;
  /** Cuts it, whatever is under way on it; the next `get` opens another. */
  drop(): void;
  close(): Promise<void>;
};

type OpenedConnection = { readonly client: pg.Client; readonly opened: Promise<pg.Client> };

/** One connection at a time, for what must not share one. Statements go out without waiting for those before them. */
export const oneConnection = ({
  config,
  name,
  answerMs = ANSWER_MS,
  onLost = () => {},
}: {
  config: pg.ClientConfig;
  name: string;
  /** The longest that a statement may take; default 10 s. */
  answerMs?: number;
  /** Called when an open connection was lost, not when it was dropped. */
  onLost?: (error: unknown) => void;
}): OneConnection => {
  let current: OpenedConnection | undefined;

  const open = (): OpenedConnection => {
    const stream = () => new CoalescingSocket();
    const client = new pg.Client({ ...settings(config, name, answerMs), pipeline: true, stream });
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
  const take = (): OpenedConnection | undefined => {
    const taken = current;
    current = undefined;
    return taken;
  };
  return {
    get: () => {
      current ??= open();
      return current.opened;
    },
    isCurrent: (client) => current?.client === client,
    drop: () => {
      const dropped = take();
      if (dropped !== undefined) breakConnection(dropped.client, 'the connection to the log was given up');
    },
    close: async () => {
      await take()
        ?.opened.then(closeConnection)
        .catch(() => {});
    },
  };
};
