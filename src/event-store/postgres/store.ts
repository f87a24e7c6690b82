import type pg from 'pg';
import { batchedReads } from '../../db/batched-reads.ts';
import { isUnavailable } from '../../db/bounds.ts';
import { type Backoff, backoffMs } from '../../runtime/retry.ts';
import type { Runtime } from '../../runtime/runtime.ts';
import type { Metrics } from '../../telemetry/metrics.ts';
import { type EncodedAppend, encodeAppend } from '../check-append.ts';
import type { Codec } from '../codec.ts';
import {
  AppendTooLarge,
  createAvailability,
  InvalidAppend,
  reconnectCounter,
  WrongExpectedRevision,
} from '../errors.ts';
import { createFormReaders, ofForm } from '../forms.ts';
import { createLogTail, type PageSource, pagedSubscription } from '../log-tail.ts';
import type { Append, AppendResult, Delivered, DeliveredAs, EventStore, Revision, SubscribeOptions } from '../port.ts';
import { readable } from '../read-log.ts';
import { createAppendQueue } from './append-queue.ts';
import { BEGIN_AS_WRITER, PREPARE_WRITER } from './append-transaction.ts';
import { createRetryWhileAway, oneConnection, readerPool } from './connection.ts';
import { createWakeups, readEnd, readIdAt, readLastEvents, readPage, readStreamPages } from './reads.ts';

/** Statement timeout. Cutting a long stream takes longer than any read. Appends wait during the cut. */
const CUT_MS = 30_000;
const cutting = (text: string, values: readonly unknown[] = []) => ({
  text,
  values: [...values],
  query_timeout: CUT_MS + 1_000,
});

/** Runs a cut under the writer lock, so that no append is judged by events that are being deleted. */
const asWriter = async (pool: pg.Pool, run: (client: pg.PoolClient) => Promise<unknown>): Promise<void> => {
  const client = await pool.connect();
  try {
    await client.query(BEGIN_AS_WRITER);
    await client.query(`SET LOCAL statement_timeout TO ${CUT_MS}`);
    await run(client);
    await client.query('COMMIT');
    client.release();
  } catch (error) {
    client.release(true);
    throw error;
  }
};

const TRUNCATE = `
  DELETE FROM log_events
  WHERE stream = $1
    AND revision < least($2::integer, (SELECT max(last.revision) FROM log_events last WHERE last.stream = $1))`;

const truncateBefore = (pool: pg.Pool, stream: string, revision: Revision): Promise<void> =>
  asWriter(pool, (client) => client.query(cutting(TRUNCATE, [stream, revision])));

const KEEP_LAST =
  'DELETE FROM log_events WHERE stream = $1 AND revision < (SELECT max(revision) FROM log_events WHERE stream = $1)';

const keepLast = (pool: pg.Pool, stream: string): Promise<void> =>
  asWriter(pool, async (client) => {
    await client.query(
      'INSERT INTO log_streams (stream, keeps_last) VALUES ($1, TRUE) ON CONFLICT (stream) DO UPDATE SET keeps_last = TRUE',
      [stream],
    );
    await client.query(cutting(KEEP_LAST, [stream]));
  });

const RAISE_FLOOR = `
  UPDATE log_floor SET position = last.position, recorded_at = last.recorded_at
  FROM (SELECT position, recorded_at FROM log_events ORDER BY position DESC LIMIT 1) AS last
  WHERE last.position > log_floor.position`;

const deleteStream = (pool: pg.Pool, stream: string): Promise<void> =>
  asWriter(pool, async (client) => {
    await client.query(
      'INSERT INTO log_streams (stream, deleted) VALUES ($1, TRUE) ON CONFLICT (stream) DO UPDATE SET deleted = TRUE',
      [stream],
    );
    await client.query(RAISE_FLOOR);
    await client.query(cutting('DELETE FROM log_events WHERE stream = $1', [stream]));
  });

const APPEND_DEADLINE_MS = 10_000;
const TIMEOUT_MS = 10_000;
/** Statement timeout of a read; reading a page usually takes a hundredth of it. */
const READ_MS = 5_000;
const POLL_MS = 1_000;
/**
 * A subscription reads the log's end at most this often, so that under load one statement reads the commits of several
 * transactions.
 */
const END_EVERY_MS = 20;
const PAGE_RETRY: Backoff = { firstMs: 400, longestMs: 5_000 };

type PostgresStoreOptions = {
  /** Connects to a database to which migrations/ has been applied. */
  readonly connection: pg.ClientConfig;
  readonly codec: Codec;
  readonly world: Runtime;
  /** The time from the call of an append until it throws AppendUnconfirmed; default 10 s. */
  readonly appendDeadlineMs?: number;
  /** The timeout of one attempt to read; default 5 s. */
  readonly readMs?: number;
  /** The time from the call of a read until it throws LogUnavailable; default 10 s. */
  readonly patienceMs?: number;
  /** How often the log's end is read for waiting subscriptions, in case a notification was lost; default 1 s. */
  readonly pollMs?: number;
  /** How long a subscription waits after a page that ended the log before it reads the next one; default 20 ms. */
  readonly endEveryMs?: number;
  readonly metrics?: Metrics;
  /** Called with the pool for reads, to measure its use. */
  readonly onPool?: (pool: pg.Pool) => void;
};

/**
 * Creates a log in a Postgres database; the events are in one table. A process has one connection for appends, one for
 * notifications, and a pool for reads. Each is opened at first use, and again after it is lost.
 */
export const createPostgresEventStore = ({
  connection: config,
  codec,
  world,
  appendDeadlineMs = APPEND_DEADLINE_MS,
  readMs = READ_MS,
  patienceMs = TIMEOUT_MS,
  pollMs = POLL_MS,
  endEveryMs = END_EVERY_MS,
  metrics,
  onPool = () => {},
}: PostgresStoreOptions): EventStore => {
  const measures = createPostgresMeasures(metrics);
  const closing = new AbortController();
  const availability = createAvailability(world);
  const patiently = createRetryWhileAway({ world, availability, patienceMs, closing: closing.signal });
  const pool = readerPool(config, readMs, world.log);
  onPool(pool);
  const connect = (name: 'listener' | 'writer', connection: LogConnection, prepare?: string) =>
    oneConnection({ config, name, prepare, onLost: () => measures.reconnected(connection) });
  const wakes = createWakeups({ connection: connect('listener', 'notifications'), world, availability, pollMs });
  /** The newest events that this process has appended. */
  const tail = createLogTail(codec);
  const readers = createFormReaders(codec);
  const lastOf = batchedReads((streams: readonly string[]) => readLastEvents(pool, streams), isUnavailable);
  const queue = createAppendQueue({
    connection: connect('writer', 'appends', PREPARE_WRITER),
    world,
    availability,
    deadlineMs: appendDeadlineMs,
    onSending: wakes.sending,
    onBatch: measures.batch,
    onCommitted: (end, commit) => {
      if (commit !== undefined) tail.add(commit);
      wakes.reached(end);
    },
  });

  let closed: Promise<void> | undefined;
  const shut = async (): Promise<void> => {
    closing.abort();
    await queue.close();
    await wakes.close();
    await pool.close();
  };

  const cutting = (cut: () => Promise<void>): Promise<void> => patiently(cut).finally(tail.clear);

  const sourceFor = <A extends DeliveredAs>({
    streamPrefixes,
    as,
    signal,
  }: SubscribeOptions<A>): PageSource<Delivered[A]> => {
    const reader = tail.reader({ streamPrefixes, as });
    /** When the last page that ended the log was there, monotonic. */
    let endedAtMs = Number.NEGATIVE_INFINITY;
    const page: PageSource<unknown>['page'] = async (after) => {
      const waitMs = endedAtMs + endEveryMs - world.clock.monotonic();
      if (waitMs > 0) await world.timers.sleep(waitMs, signal);
      const found = await readPage(pool, { after, streamPrefixes });
      availability.worked('reads');
      if (found.atEnd && found.considered !== after) endedAtMs = world.clock.monotonic();
      return found;
    };
    return {
      page,
      atHand: (after) => {
        const page = reader.after(after);
        const goesOn = page !== undefined && page.considered !== after;
        return goesOn ? { ...page, atEnd: !wakes.goesOnAfter(page.considered) } : undefined;
      },
      moreAfter: wakes.moreAfter,
      close: reader.close,
      mend: async (error, failures, signal) => {
        measures.reconnected('subscription');
        if (isUnavailable(error)) availability.failed('reads', error);
        else world.log.warn({ error, failures }, 'could not read a page of the log; retrying');
        if (failures > 1) await world.timers.sleep(backoffMs(failures - 1, PAGE_RETRY), signal);
      },
    };
  };

  return {
    append: async (append) => {
      const [[response] = []] = await queue.append([[encodeAppend(codec, append)]]);
      if (response === undefined || response instanceof Error) throw response;
      return response;
    },
    appendInOrder: async (appends, onMade) => {
      const [results = []] = await queue.append([appends.map((append) => encodeAppend(codec, append))]);
      const last = results.at(-1);
      if (last instanceof Error && !(last instanceof WrongExpectedRevision)) throw last;
      const made: AppendResult[] = [];
      for (const [index, append] of appends.entries()) {
        const response = results[index];
        if (response === undefined || response instanceof Error) break;
        made.push(response);
        onMade?.(append, response);
      }
      return made;
    },
    appendEach: async (appends) => {
      const encoded = appends.map((append) => encodedOrError(codec, append));
      const lists = encoded.flatMap((each) => (each instanceof Error ? [] : [[each]]));
      const results = (lists.length === 0 ? [] : await queue.append(lists)).values();
      return encoded.map((each) => (each instanceof Error ? each : resultIn(results.next().value)));
    },
    async *readStream(stream, options = {}) {
      const read = ofForm(readers, options.as);
      for await (const page of readStreamPages({ pool, patiently }, stream, options)) {
        for (const raw of page) {
          const event = readable(read(raw));
          if (event !== undefined) yield event;
          else options.onPassedOver?.(raw.revision);
        }
      }
    },
    readLast: async (streams) => {
      const [first] = streams;
      const isOne = first !== undefined && streams.length === 1;
      const last = isOne
        ? new Map([[first, await patiently(() => lastOf(first))]])
        : await patiently(() => readLastEvents(pool, streams));
      return streams.map((stream) => {
        const raw = last.get(stream);
        return raw && codec.decode(raw);
      });
    },
    // The events of this process's own appends are in memory before their responses, so there are none to wait for.
    isUnchanged: (stream, between) => tail.isUnchanged(stream, between, NO_WAIT),
    subscribe: (given) => {
      const options = { ...given, signal: AbortSignal.any([given.signal, closing.signal]) };
      return pagedSubscription(sourceFor(options), ofForm(readers, options.as), options);
    },
    end: async () => {
      const end = await patiently(() => readEnd(pool));
      if (end !== undefined) wakes.reached(end);
      return end;
    },
    readAt: (position) => patiently(() => readIdAt(pool, position)),
    truncateBefore: (stream, revision) => cutting(() => truncateBefore(pool, stream, revision)),
    keepLast: (stream) => cutting(() => keepLast(pool, stream)),
    deleteStream: (stream) => cutting(() => deleteStream(pool, stream)),
    close: () => {
      closed ??= shut();
      return closed;
    },
  };
};

const encodedOrError = (codec: Codec, append: Append): EncodedAppend | AppendTooLarge | InvalidAppend => {
  try {
    return encodeAppend(codec, append);
  } catch (error) {
    if (error instanceof AppendTooLarge || error instanceof InvalidAppend) return error;
    throw error;
  }
};

const resultIn = ([response]: readonly (AppendResult | Error)[] = []): AppendResult | Error => {
  if (response === undefined) throw new Error('an append was left without a response');
  return response;
};

const NO_WAIT = AbortSignal.abort();

/** The purpose of a connection to the log. */
type LogConnection = 'appends' | 'notifications' | 'subscription';

/** Upper bounds; a transaction has up to 1,500 appends. */
export const BATCH_APPENDS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 1_500] as const;

/** Metrics of the adapter, if enabled. */
const createPostgresMeasures = (metrics: Metrics | undefined) => {
  const observeBatch = metrics?.histogram('carillon_append_batch_appends', BATCH_APPENDS);
  const countReconnect = reconnectCounter(metrics, ['appends', 'notifications', 'subscription']);
  return {
    /** Records the number of appends in a committed transaction. */
    batch: (appends: number): void => observeBatch?.({}, appends),
    reconnected: (connection: LogConnection): void => countReconnect(connection),
  };
};
