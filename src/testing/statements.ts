import pg from 'pg';

/** Lets an endless wait be detected. */
const POLL_INTERVAL_MS = 100;

type Connection = { connecting: boolean; querying: boolean; ending: boolean; listens: boolean; lastText: string };

const connections = new Map<pg.Client, Connection>();
let count = 0;
let notifyingCount = 0;
let notifiedCount = 0;
let rested = Promise.withResolvers<void>();

/** The activity of this process's connections to Postgres that were opened since they are watched. */
export const statements = {
  /** Number of statements sent. */
  count: (): number => count,
  /** What a connection waits for without a response from Postgres yet. */
  requestInProgress: (): string | undefined => {
    for (const { connecting, querying: sent, ending, lastText } of connections.values()) {
      if (sent) return `Postgres to respond to ${JSON.stringify(lastText)}`;
      if (connecting) return 'a connection to Postgres to open';
      if (ending) return 'a connection to Postgres to close';
    }
    return undefined;
  },
  /** Resolves when a connection has received its response, or after a moment. */
  rested: (): Promise<void> =>
    new Promise((resolve) => {
      const late = setTimeout(resolve, POLL_INTERVAL_MS);
      void rested.promise.then(() => {
        clearTimeout(late);
        resolve();
      });
    }),
  /** Whether a notification may be in transit. */
  mayNotify: (): boolean => notifyingCount > notifiedCount,
  /**
   * Resolves when every listening connection has received the notifications of all earlier commits: Postgres sends them
   * before it responds to a statement.
   */
  notified: async (): Promise<void> => {
    notifiedCount = notifyingCount;
    const listening = [...connections].filter(([, { listens, ending }]) => listens && !ending);
    await Promise.all(listening.map(([client]) => Reflect.apply(query, client, ['SELECT 1']).catch(() => {})));
  },
};

const { query } = pg.Client.prototype;
let isWatching = false;

export const watchStatements = (): void => {
  if (isWatching) return;
  isWatching = true;
  before('connect', (client) => {
    const connection = { connecting: true, querying: false, ending: false, listens: false, lastText: '' };
    connections.set(client, connection);
    // The service has Postgres end idle sessions, and all are idle while the clock does not advance.
    const parameters = part(client, 'connectionParameters');
    if (parameters instanceof Object) {
      Reflect.set(parameters, 'options', `${part(parameters, 'options') ?? ''} -c idle_session_timeout=0`);
    }
    client.once('connect', () => rest(connection, { connecting: false }));
    client.on('drain', () => rest(connection, { querying: false }));
    client.once('end', () => {
      connections.delete(client);
      rest(connection, {});
    });
  });
  before('query', (client, sent) => {
    const connection = connections.get(client);
    if (connection === undefined) return;
    const text = String(typeof sent === 'string' ? sent : part(sent, 'text'));
    count += 1;
    if (/notify|log_append/i.test(text)) notifyingCount += 1;
    Object.assign(connection, { querying: true, lastText: text.trim().slice(0, 100) });
    connection.listens ||= /\bLISTEN /.test(text);
  });
  before('end', (client) => {
    const connection = connections.get(client);
    if (connection !== undefined) connection.ending = true;
  });
};

const before = (method: 'connect' | 'query' | 'end', note: (client: pg.Client, sent: unknown) => void): void => {
  Object.defineProperty(pg.Client.prototype, method, {
    writable: true,
    value: new Proxy(pg.Client.prototype[method], {
      apply: (original, client, given) => {
        note(client, given[0]);
        return Reflect.apply(original, client, given);
      },
    }),
  });
};

const rest = (connection: Connection, to: Partial<Connection>): void => {
  Object.assign(connection, to);
  rested.resolve();
  rested = Promise.withResolvers();
};

const part = (of: unknown, name: string): unknown => (of instanceof Object ? Reflect.get(of, name) : undefined);
