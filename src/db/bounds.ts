import pg from 'pg';

export const CONNECT_TIMEOUT_MS = 5_000;
/** After this silence the kernel probes the peer every second; ten probes without a response end the connection. */
const KEEP_ALIVE_AFTER_MS = 10_000;
/**
 * How long after the statement timeout this side waits for the server to report it. If no report comes, the connection
 * is dead.
 */
export const SILENCE_MS = 1_000;
const CLOSE_MS = 1_000;

type ConnectionBounds = {
  /** Shown in pg_stat_activity. */
  readonly name: string;
  /** Statement timeout. The server enforces it; if the server is silent, this side closes the connection. */
  readonly timeoutMs: number;
};

/**
 * Returns the settings that limit a connection to Postgres whatever the server does: connecting, each statement,
 * silence.
 */
export const boundedConfig = ({ name, timeoutMs }: ConnectionBounds): pg.ClientConfig => ({
  application_name: name,
  connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
  keepAlive: true,
  keepAliveInitialDelayMillis: KEEP_ALIVE_AFTER_MS,
  statement_timeout: timeoutMs,
  query_timeout: timeoutMs + Math.min(timeoutMs, SILENCE_MS),
});

/** Breaks a connection immediately. The client's own `end` would wait for running statements. */
export const breakConnection = (client: pg.Client, reason: string): void => {
  client.connection.stream.destroy(new Error(reason));
};

/** Closes a connection in order, and breaks it if that takes longer than a second. */
export const closeConnection = async (client: pg.Client): Promise<void> => {
  const late = setTimeout(() => client.connection.stream.destroy(), CLOSE_MS);
  try {
    await client.end();
  } finally {
    clearTimeout(late);
  }
};

/** Returns whether the server reported the error itself; then the connection still works. */
export const isServerError = (error: unknown): boolean =>
  error instanceof pg.DatabaseError && error.severity === 'ERROR';

/** SQLSTATE classes: connection, rollback, resources, shutdown or cancel, system error; and the idle session timeout. */
const UNAVAILABLE = /^(?:08|40|53|57|58|25P03)/;
const INTERNAL_ERRORS = [TypeError, RangeError, SyntaxError];

/** Returns whether Postgres was unreachable or unable to respond, so that a retry can help. */
export const isUnavailable = (error: unknown): boolean => {
  if (error instanceof pg.DatabaseError) return UNAVAILABLE.test(error.code ?? '');
  return !INTERNAL_ERRORS.some((each) => error instanceof each);
};

/**
 * Connection options that make Postgres plan each named statement only once. Sequential scans are off, because a plan
 * made while a table is small would scan it, and would be kept when it has grown.
 */
export const KEEP_PLANS = '-c plan_cache_mode=force_generic_plan -c enable_seqscan=off';

/**
 * Connection options that make Postgres follow index order regardless of its estimates: lists have an index for each of
 * their orders, and sorting costs more the more rows match.
 */
export const READ_IN_ORDER = ['sort', 'bitmapscan', 'hashjoin', 'mergejoin']
  .map((way) => `-c enable_${way}=off`)
  .join(' ');
