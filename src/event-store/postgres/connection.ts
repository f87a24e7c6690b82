import pg from 'pg';
import { boundedConfig, breakConnection, closeConnection, isUnavailable, KEEP_PLANS } from '../../db/bounds.ts';
import { BoundedPool } from '../../db/pool.ts';
import { CoalescingSocket } from '../../db/session.ts';
import { type Backoff, backoffMs } from '../../runtime/retry.ts';
import type { Logger, Runtime } from '../../runtime/runtime.ts';
import { type Availability, EventStoreClosed, LogUnavailable } from '../errors.ts';

declare module 'pg' {
  interface ClientBase {
    /** The id of the server process of this session, which its notifications carry. A pooler may show another. */
    readonly processID: number | null;
  }
}

const RETRY: Backoff = { firstMs: 50, longestMs: 1_000 };

/** Runs a read or a cut, and retries it while the log is unreachable. */
export type RetryWhileUnavailable = <T>(request: () => Promise<T>) => Promise<T>;

type PatienceOptions = {
  readonly world: Runtime;
  readonly availability: Availability;
  readonly patienceMs: number;
  /** Aborts when the store is closed. */
  readonly closing: AbortSignal;
};

/**
 * Creates the function that retries. It throws LogUnavailable after `patienceMs`, and EventStoreClosed when the store is
 * closed.
 */
export const createRetryWhileAway = ({
  world,
  availability,
  patienceMs,
  closing,
}: PatienceOptions): RetryWhileUnavailable => {
  const { clock, timers } = world;
  return async (request) => {
    const giveUpMs = clock.monotonic() + patienceMs;
    for (let retry = 1; ; retry++) {
      try {
        const response = await request();
        availability.worked('reads');
        return response;
      } catch (error) {
        if (closing.aborted) throw new EventStoreClosed();
        if (!isUnavailable(error)) throw error;
        availability.failed('reads', error);
        const pauseMs = backoffMs(retry, RETRY);
        if (clock.monotonic() + pauseMs >= giveUpMs) throw new LogUnavailable({ cause: error });
        await timers.sleep(pauseMs, closing);
      }
    }
  };
};

/**
 * A process that freezes or loses its network in the middle of a transaction would hold the writer lock forever and so block
 * all other processes. Postgres ends its session after this time. The work between two statements takes far less.
 */
const IDLE_IN_TRANSACTION_MS = 1_000;
const TIMEOUT_MS = 10_000;
/** Enough for the pages of a few subscriptions and for reads of single streams at the same time. */
const READERS = 8;

/** Returns all values as text. The adapter itself converts the few that it needs as numbers. */
const asText: pg.CustomTypesConfig = { getTypeParser: () => (text: string | Buffer) => text };

const settings = (config: pg.ClientConfig, name: string, timeoutMs: number): pg.ClientConfig => ({
  ...boundedConfig({ name: `carillon log ${name}`, timeoutMs }),
  // Planning the read of a last event takes longer than the read.
  options: KEEP_PLANS,
  ...config,
  idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_MS,
  types: asText,
});

/** Creates the pool for reads and cuts. A connection that is lost while idle is replaced. */
export const readerPool = (config: pg.ClientConfig, timeoutMs: number, log: Logger): BoundedPool => {
  const pool = new BoundedPool({ ...settings(config, 'reader', timeoutMs), max: READERS });
  pool.on('error', ({ message }) => {
    if (!pool.ending) log.debug({ error: message }, 'lost an idle connection to the log');
  });
  return pool;
};

export type OneConnection = {
  /** Returns the connection, and opens it if there is none. */
  get(): Promise<pg.Client>;
  /** Whether this client is still in use: neither lost nor dropped. */
  isCurrent(client: pg.Client): boolean;
  /** Breaks the connection with all its running statements. The next `get` opens a new one. */
  drop(): void;
  close(): Promise<void>;
};

type OpenedConnection = { readonly client: pg.Client; readonly opened: Promise<pg.Client> };

/**
 * Creates a holder of one connection, which is reopened after a loss. It sends statements without waiting for earlier
 * responses.
 */
export const oneConnection = ({
  config,
  name,
  timeoutMs = TIMEOUT_MS,
  prepare,
  onLost = () => {},
}: {
  config: pg.ClientConfig;
  name: string;
  /** SQL that a new connection runs before it is used. */
  prepare?: string | undefined;
  /** Statement timeout; default 10 s. */
  timeoutMs?: number;
  /** Called if the connection is lost, but not if it is dropped. */
  onLost?: (error: unknown) => void;
}): OneConnection => {
  let current: OpenedConnection | undefined;

  const open = (): OpenedConnection => {
    const stream = () => new CoalescingSocket();
    const client = new pg.Client({ ...settings(config, name, timeoutMs), pipeline: true, stream });
    const opened = client.connect().then(async () => {
      if (prepare !== undefined) await client.query(prepare);
      return client;
    });
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
      if (dropped !== undefined)
        breakConnection(
          dropped.client,
          'the connection to the log was closed because a statement failed or took too long',
        );
    },
    close: async () => {
      await take()
        ?.opened.then(closeConnection)
        .catch(() => {});
    },
  };
};
