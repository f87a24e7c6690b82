import type pg from 'pg';
import type { Config } from '../config.ts';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../db/embedded-postgres.ts';
import { migrate } from '../db/migrate.ts';
import { createPool, pingPostgres } from '../db/pool.ts';
import { readPostgresPlace } from '../db/postgres-place.ts';
import { DomainEvent, type EventType, type LogHome } from '../domain/events/index.ts';
import { logStream } from '../domain/streams.ts';
import { type Codec, createCodec } from '../event-store/codec.ts';
import { LogSignInRejected, LogUnavailable } from '../event-store/errors.ts';
import { ensureLogIdentity } from '../event-store/identity.ts';
import { createParkedStreams, type ParkedStreams } from '../event-store/parked-streams.ts';
import type { EventStore } from '../event-store/port.ts';
import { isUnavailable } from '../event-store/postgres/retry-while-unavailable.ts';
import { createPostgresEventStore } from '../event-store/postgres.ts';
import { readLog } from '../event-store/read-log.ts';
import type { Runtime } from '../runtime/runtime.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import type { OtherEngines } from './engine-processes.ts';
import { type ShowPool, useOfPool } from './metrics/pool-metrics.ts';
import type { OnStop } from './parts.ts';
import { type StartWait, StartWaitOver } from './start-wait.ts';

export type Storage = {
  readonly databaseUrl: string;
  readonly pool: pg.Pool;
  readonly store: EventStore;
  readonly logId: string;
  readonly home: LogHome;
  readonly parked: ParkedStreams;
  /** The embedded Postgres; undefined where `DATABASE_URL` names another. */
  readonly embedded: Pick<EmbeddedPostgres, 'pid' | 'home' | 'died'> | undefined;
};

/** Limit of a query: an engine's heartbeat that takes longer is useless, and other queries of this pool take far less. */
const ANSWER_MS = 4_000;

type StorageOptions = {
  readonly config: Config;
  readonly world: Runtime;
  readonly metrics: Metrics;
  readonly onStop: OnStop;
  readonly startWait: StartWait;
  readonly showPool: ShowPool;
  readonly otherEngines?: OtherEngines | undefined;
};

/** Opens Postgres for the read models, and the log: in EventStoreDB where `EVENTSTORE_URL` is set, else in Postgres. */
export const openStorage = async (options: StorageOptions): Promise<Storage> => {
  const { world, onStop, startWait } = options;
  const { databaseUrl, embedded } = await openPostgres(options);
  await startWait.until({
    name: `Postgres at ${new URL(databaseUrl).host} (DATABASE_URL)`,
    ask: () => pingPostgres(databaseUrl),
    isAway: isUnavailable,
  });
  await migrate(databaseUrl, world.log);
  const pool = createPool({ url: databaseUrl, name: 'carillon', max: 5, answerMs: ANSWER_MS, log: world.log });
  onStop(() => pool.close());
  options.showPool('main', () => useOfPool(pool));
  const parked = createParkedStreams(world.log);
  const store = await openStore(options, { databaseUrl, codec: measuredCodec(options, parked) });
  onStop(() => store.close());
  const logId = await identify(options, store);
  const home = { logId, ...(await placeOf(options, pool)) };
  return { databaseUrl, pool, store, logId, home, parked, embedded };
};

const identify = async ({ config, world, startWait }: StorageOptions, store: EventStore): Promise<string> => {
  const { url } = config.eventStore;
  try {
    return await startWait.until({
      name: url === undefined ? 'the log in Postgres' : `EventStoreDB at ${hostsOf(url)} (EVENTSTORE_URL)`,
      ask: async () => {
        const logId = await ensureLogIdentity(store, world);
        // Reading the end shows at once whether the user may read the whole log; subscriptions would wait without a word.
        await store.end();
        return logId;
      },
      isAway: isLogAway,
    });
  } catch (error) {
    throw url === undefined || error instanceof StartWaitOver ? error : describeLogFailure(error, url);
  }
};

/** EventStoreDB has nothing by which a restored node differs from the one that was backed up. */
const placeOf = async ({ config, world }: StorageOptions, pool: pg.Pool): Promise<Omit<LogHome, 'logId'>> =>
  config.eventStore.url === undefined
    ? { store: 'postgres', ...(await readPostgresPlace(pool, world.log)) }
    : { store: 'eventstoredb' };

/** Of the embedded Postgres: for this process and the commands beside it, and for each further engine process. */
const OWN_CONNECTIONS = 60;
const ENGINE_CONNECTIONS = 20;

const openPostgres = async ({
  config: { databaseUrl, dataDir },
  world: { log },
  onStop,
  otherEngines,
}: StorageOptions): Promise<Pick<Storage, 'databaseUrl' | 'embedded'>> => {
  if (databaseUrl !== undefined) return { databaseUrl, embedded: undefined };
  const connections = OWN_CONNECTIONS + ENGINE_CONNECTIONS * (otherEngines?.count ?? 0);
  const embedded = await startEmbeddedPostgres({ dataDir, log, settings: { max_connections: String(connections) } });
  onStop(() => embedded.stop());
  return { databaseUrl: embedded.url, embedded };
};

/**
 * What the engine records of each call. It makes these events of values that were checked when they were read, and unit
 * tests and the simulation check them as they are written. Here that would cost 5 µs of CPU an execution, and 40 µs each
 * of the first 2,000 after a start.
 */
const UNCHECKED: ReadonlySet<EventType> = new Set(['ExecutionStarted', 'ExecutionSucceeded', 'ExecutionFailed']);

const measuredCodec = ({ metrics }: StorageOptions, parked: ParkedStreams): Codec => {
  const skipped = metrics.counter('carillon_events_skipped_total');
  metrics.gauge('carillon_parked_streams', () => parked.all().length);
  return createCodec({
    schemas: DomainEvent.options,
    unchecked: UNCHECKED,
    onSkipped: ({ type }) => skipped({ type }),
    onParked: parked.note,
  });
};

type LogOptions = {
  readonly databaseUrl: string;
  readonly codec: Codec;
};

const openStore = async (
  { config, world, metrics, showPool }: StorageOptions,
  { databaseUrl, codec }: LogOptions,
): Promise<EventStore> => {
  const { url, prefix } = config.eventStore;
  if (url !== undefined) {
    const { createEventStoreDbStore } = await import('../event-store/eventstoredb.ts');
    return createEventStoreDbStore({ connectionString: url, prefix, codec, world, metrics });
  }
  const connection = { connectionString: databaseUrl };
  const onPool = (pool: pg.Pool) => showPool('log', () => useOfPool(pool));
  return createPostgresEventStore({ connection, codec, world, metrics, onPool });
};

/** The log could not be opened. The message is one line that says what to do, without the password. */
class LogUnreachable extends Error {
  override readonly name = 'LogUnreachable';
  readonly code = 'LOG_UNREACHABLE';
}

/** Whether the log could not be reached, so that a later try may succeed. False where it rejected the sign-in. */
const isLogAway = (failure: unknown): boolean => {
  if (failure instanceof LogUnavailable) return true;
  if (!(failure instanceof Error) || failure instanceof LogSignInRejected) return false;
  const type = 'type' in failure ? failure.type : undefined;
  const code = 'code' in failure ? failure.code : undefined;
  return type === 'unavailable' || code === 'ECONNREFUSED' || /discover|UNAVAILABLE|deadline/i.test(failure.message);
};

/** Turns the failure of the first call to EventStoreDB into a LogUnreachable where the cause is known. */
export const describeLogFailure = (thrown: unknown, connectionString: string): unknown => {
  const failure = thrown instanceof LogUnavailable ? (thrown.cause ?? thrown) : thrown;
  if (!(failure instanceof Error)) return failure;
  const where = hostsOf(connectionString);
  if (failure instanceof LogSignInRejected) {
    // Its own sentence says the same: what is behind it is the cause.
    return new LogUnreachable(`EventStoreDB at ${where} does not know this user or password: see EVENTSTORE_URL`, {
      cause: failure.cause,
    });
  }
  if (isLogAway(failure)) {
    return new LogUnreachable(
      `EventStoreDB at ${where} can't be reached (${failure.message.trim()}): see that it runs, that EVENTSTORE_URL names it, and that tls=true or tls=false fits it`,
      { cause: failure },
    );
  }
  return failure;
};

/** The hosts and ports of a connection string, without user and password. */
const hostsOf = (connectionString: string): string =>
  /^[^/]+:\/\/(?:[^@/]*@)?([^/?]+)/.exec(connectionString)?.[1] ?? 'EVENTSTORE_URL';

/**
 * Finds when the first event of the log was recorded, epoch ms, once for a process. What a log says of itself does not
 * count: a copy says when it was made, and has events that are older.
 */
export const whenLogBegan = (store: Pick<EventStore, 'subscribe'>): (() => Promise<number | undefined>) => {
  let known: number | undefined;
  return async () => {
    known ??= await firstRecordedAt(store);
    return known;
  };
};

const firstRecordedAt = async (store: Pick<EventStore, 'subscribe'>): Promise<number | undefined> => {
  for await (const { events } of readLog(store)) {
    const first = events.find(({ stream }) => stream !== logStream);
    if (first !== undefined) return first.recordedAt;
  }
  return undefined;
};
