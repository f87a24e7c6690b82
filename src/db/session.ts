import net from 'node:net';
import pg from 'pg';
import type { Timers } from '../runtime/runtime.ts';
import { boundedConfig, closeConnection, KEEP_PLANS } from './bounds.ts';

type WriteCallback = (error?: Error | null) => void;

/**
 * A socket that sends everything written in one turn of the event loop together. Pipelined statements then cost one
 * system call and wake the server once, which is most of the cost of a short statement.
 */
export class CoalescingSocket extends net.Socket {
  #isHeld = false;

  constructor() {
    super();
    // Connecting replaces `write`, so the override is set afterwards.
    this.once('connect', () => {
      this.write = this.#writeTogether;
    });
  }

  #writeTogether = (
    data: Uint8Array | string,
    encodingOrDone?: BufferEncoding | WriteCallback,
    done?: WriteCallback,
  ): boolean => {
    this.#hold();
    if (typeof encodingOrDone === 'string') return super.write(data, encodingOrDone, done);
    return super.write(data, encodingOrDone ?? done);
  };

  #hold(): void {
    if (this.#isHeld) return;
    this.#isHeld = true;
    this.cork();
    process.nextTick(() => {
      this.#isHeld = false;
      this.uncork();
    });
  }
}

/**
 * One connection for session locks, notifications and writes. If it is lost, so are its locks. Statements are pipelined:
 * sent without waiting for earlier responses.
 */
export type Session = {
  readonly client: pg.Client;
  /** Aborts, with the reason, when the connection breaks. */
  readonly lost: AbortSignal;
  close(): Promise<void>;
};

/** A connection or a pool, for single statements. */
export type Queryable = { query: pg.ClientBase['query'] };

type SessionOptions = {
  readonly databaseUrl: string;
  /** Shown in pg_stat_activity. */
  readonly name: string;
  /** Default statement timeout; 20 s if absent. */
  readonly timeoutMs?: number;
  /** For COPY: pipelines no statements and can be idle. */
  readonly copies?: true;
};

const TIMEOUT_MS = 20_000;
/** How often an idle session queries the server, which shows each side that the other is alive. */
export const PROBE_MS = 5_000;

// Makes the server end sessions of a process that vanished, froze or was cut off. Otherwise it would keep the locks,
// and no standby process could take over.
const GIVE_UP_SILENT_PEERS = [
  'client_connection_check_interval=2s',
  'tcp_keepalives_idle=5',
  'tcp_keepalives_interval=2',
  'tcp_keepalives_count=3',
  'idle_in_transaction_session_timeout=15s',
]
  .map((setting) => `-c ${setting}`)
  .join(' ');
const GIVE_UP_IDLE_PEERS = '-c idle_session_timeout=15s';

export const openSession = async (options: SessionOptions): Promise<Session> => {
  const { databaseUrl, name, timeoutMs = TIMEOUT_MS, copies = false } = options;
  const client = new pg.Client({
    connectionString: databaseUrl,
    ...boundedConfig({ name, timeoutMs }),
    // Planning the statements of a small batch takes longer than running them.
    options: `${GIVE_UP_SILENT_PEERS} ${copies ? '' : GIVE_UP_IDLE_PEERS} ${KEEP_PLANS}`,
    pipeline: !copies,
    stream: () => new CoalescingSocket(),
  });
  const losing = new AbortController();
  client.on('error', (error) => losing.abort(error));
  client.on('end', () => losing.abort(new Error('the connection to Postgres was closed')));
  await client.connect();
  return {
    client: copies ? oneByOne(client) : client,
    lost: losing.signal,
    close: () => closeConnection(client).catch(() => {}),
  };
};

/**
 * Returns the same client, but without pipelining, as a connection requires that copies rows. A statement that is a stream
 * is sent immediately: the caller waits before and after it.
 */
export const oneByOne = (client: pg.Client): pg.Client => {
  let last: Promise<unknown> = Promise.resolve();
  const query = (...statement: readonly unknown[]): unknown => {
    const [first] = statement;
    const send = () => Reflect.apply(client.query, client, statement);
    if (typeof first === 'object' && first !== null && 'submit' in first) return send();
    const response = last.then(send);
    last = response.catch(() => {});
    return response;
  };
  return new Proxy(client, { get: (target, key) => (key === 'query' ? query : Reflect.get(target, key, target)) });
};

/** Queries the server every few seconds until the signal aborts. Without a response, the session is lost. */
export const probe = async ({ client }: Session, timers: Timers, until: AbortSignal): Promise<void> => {
  while (!until.aborted) {
    await client.query('SELECT 1').catch(() => {});
    await timers.sleep(PROBE_MS, until, 'look');
  }
};

/**
 * Runs `run` in a transaction: commits its statements, or rolls them back if it rejects.
 * @param begin the statement that begins the transaction
 */
export const inTransaction = async <T>(client: pg.ClientBase, run: () => Promise<T>, begin = 'BEGIN'): Promise<T> => {
  await client.query(begin);
  try {
    const result = await run();
    await client.query('COMMIT');
    return result;
  } catch (error) {
    // On a lost connection the rollback fails too, but the server has already rolled back. The first error is more useful.
    await client.query('ROLLBACK').catch(() => {});
    throw error;
  }
};
