import type pg from 'pg';
import { isUnavailable } from '../db/bounds.ts';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../db/embedded-postgres.ts';
import { migrate } from '../db/migrate.ts';
import { createPool, pingPostgres } from '../db/pool.ts';
import { PostgresRejected } from '../db/rejection.ts';
import { DomainEvent, type EventType, type LogHome } from '../domain/events/index.ts';
import { logStream } from '../domain/streams.ts';
import { type Codec, createCodec } from '../event-store/codec.ts';
import { LogUnavailable, type StreamParked } from '../event-store/errors.ts';
import { ensureLogIdentity } from '../event-store/identity.ts';
import type { LogLocation } from '../event-store/log-kind.ts';
import type { EventStore } from '../event-store/port.ts';
import { readLog } from '../event-store/read-log.ts';
import type { Logger, Runtime } from '../runtime/runtime.ts';
import { useOfPool } from './metrics/service-metrics.ts';
import type { Base } from './shared.ts';

const PAUSE_MS = 1_000;
const LIMIT_MS = 60_000;

/** A dependency was unreachable for a minute during the start. */
export class StartWaitOver extends Error {
  override readonly name = 'StartWaitOver';
  readonly code = 'START_WAIT_OVER';
}

export type StartWait = {
  /**
   * Retries a dependency while it is unavailable. The whole start waits up to a minute.
   * @throws StartWaitOver, and every other error of `check`
   */
  readonly until: <T>(dependency: Dependency<T>) => Promise<T>;
  readonly reason: () => string;
};

type Dependency<T> = {
  /** Name for users, with its address. */
  readonly name: string;
  readonly check: () => Promise<T>;
  /** Whether the error means that the dependency is unavailable, so that a retry may succeed. */
  readonly isAway: (error: unknown) => boolean;
};

/** Creates the wait of a start for its dependencies. Logs each wait once, and shows its reason in `/readyz`. */
export const createStartWait = ({ clock, timers, log }: Runtime): StartWait => {
  const giveUpAtMs = clock.monotonic() + LIMIT_MS;
  let reason = 'the process is starting';
  return {
    reason: () => reason,
    until: async ({ name, check, isAway }) => {
      for (let tries = 0; ; tries++) {
        try {
          const response = await check();
          if (tries > 0) log.info({ tries }, `${name} is available: continuing the start`);
          reason = 'the process is starting';
          return response;
        } catch (error) {
          if (!isAway(error)) throw error;
          const why = whyOf(error);
          reason = `waiting for ${name}: ${why}`;
          if (clock.monotonic() + PAUSE_MS > giveUpAtMs) {
            const text = `Can't reach ${name} for ${LIMIT_MS / 1_000} s: ${why}. Check that it's running and that its address is correct.`;
            throw new StartWaitOver(text, { cause: error });
          }
          if (tries === 0) log.warn({ limitMs: LIMIT_MS, error: why }, `waiting for ${name}`);
          await timers.sleep(PAUSE_MS);
        }
      }
    },
  };
};

/** The cause of an unavailable log is more specific. */
const whyOf = (error: unknown): string => {
  if (error instanceof LogUnavailable && error.cause !== undefined) return whyOf(error.cause);
  return error instanceof Error && error.message !== '' ? error.message.trim() : String(error);
};

/** The parked streams that this process has found. */
type ParkedStreams = {
  /** Records a parked stream. The codec calls it each time it reads an unreadable event. */
  note(parked: StreamParked): void;
  /** Returns each parked stream once, in the order in which they were found. */
  all(): readonly StreamParked[];
};

const createParkedStreams = (log: Logger): ParkedStreams => {
  const met = new Map<string, StreamParked>();
  return {
    note: (parked) => {
      const { stream, revision, eventType, why, message } = parked;
      if (met.has(stream)) return;
      met.set(stream, parked);
      log.error({ stream, revision, type: eventType, why }, message);
    },
    all: () => [...met.values()],
  };
};

export type Storage = {
  readonly databaseUrl: string;
  readonly pool: pg.Pool;
  readonly store: EventStore;
  readonly logId: string;
  readonly home: LogHome;
  readonly parked: ParkedStreams;
  /** The embedded Postgres; `undefined` with `DATABASE_URL`. */
  readonly embedded: EmbeddedPostgres | undefined;
};

/**
 * Time limit of a query: an engine's heartbeat that takes longer is useless, and other queries of this pool are much faster.
 */
const TIMEOUT_MS = 4_000;

/** Opens Postgres for the read models, and the log: at `EVENTSTORE_URL`, or in the same Postgres. */
export const openStorage = async (base: Base): Promise<Storage> => {
  const { config, world, metrics, onStop, startWait, showPool, logKind, logAdapter } = base;
  const { databaseUrl, embedded } = await openPostgres(base);
  await startWait.until({
    name: `Postgres at ${new URL(databaseUrl).host} (DATABASE_URL)`,
    check: () => pingPostgres(databaseUrl),
    isAway: (error) => !(error instanceof PostgresRejected) && isUnavailable(error),
  });
  await migrate(databaseUrl, world.log);
  const pool = createPool({ url: databaseUrl, name: 'carillon', max: 5, timeoutMs: TIMEOUT_MS, log: world.log });
  onStop(() => pool.close());
  showPool('main', () => useOfPool(pool));
  const parked = createParkedStreams(world.log);
  const location = { url: config.eventStore.url ?? databaseUrl, prefix: config.eventStore.prefix };
  const prepare = async (): Promise<void> => {
    if (location.url !== databaseUrl) await logAdapter.prepare(location, world.log);
  };
  await prepare();
  const store = logAdapter.open(location, {
    codec: measuredCodec(base, parked),
    world,
    metrics,
    onPool: (pool) => showPool('log', () => useOfPool(pool)),
  });
  onStop(() => store.close());
  const logId = await identify(base, { location, store, prepare });
  const home = { logId, store: logKind.name, ...(await logAdapter.place(location, world.log)) };
  return { databaseUrl, pool, store, logId, home, parked, embedded };
};

const identify = async (
  { world, startWait, logAdapter }: Base,
  {
    location,
    store,
    prepare,
  }: { readonly location: LogLocation; readonly store: EventStore; readonly prepare: () => Promise<void> },
): Promise<string> => {
  try {
    return await startWait.until({
      name: logAdapter.describe(location),
      check: async () => {
        try {
          const logId = await ensureLogIdentity(store, world);
          // Reading the end checks that the user can read the whole log; subscriptions would wait silently.
          await store.end();
          return logId;
        } catch (error) {
          // A server that was not running before may have a certificate that waiting does not fix.
          await prepare();
          throw error;
        }
      },
      isAway: logAdapter.isAway,
    });
  } catch (error) {
    throw error instanceof StartWaitOver ? error : logAdapter.explain(error, location);
  }
};

/** Connections to the embedded Postgres: for this process with its commands, and for each further engine process. */
const OWN_CONNECTIONS = 60;
const ENGINE_CONNECTIONS = 20;

const openPostgres = async ({ config: { databaseUrl, dataDir }, world: { log }, onStop, otherEngines }: Base) => {
  if (databaseUrl !== undefined) return { databaseUrl, embedded: undefined };
  const connections = OWN_CONNECTIONS + ENGINE_CONNECTIONS * (otherEngines?.count ?? 0);
  const embedded = await startEmbeddedPostgres({ dataDir, log, settings: { max_connections: String(connections) } });
  onStop(() => embedded.stop());
  return { databaseUrl: embedded.url, embedded };
};

/**
 * Events that the engine records for each call. They are built from validated values, and unit tests and the simulation
 * validate them when written. The service omits that, because it would do it for each execution.
 */
const UNCHECKED: ReadonlySet<EventType> = new Set(['ExecutionStarted', 'ExecutionSucceeded', 'ExecutionFailed']);

const measuredCodec = ({ metrics }: Base, parked: ParkedStreams): Codec => {
  const skipped = metrics.counter('carillon_events_skipped_total');
  metrics.gauge('carillon_parked_streams', () => parked.all().length);
  return createCodec({
    schemas: DomainEvent.options,
    unchecked: UNCHECKED,
    onSkipped: ({ type }) => skipped({ type }),
    onParked: parked.note,
  });
};

/**
 * Finds when the first event of the log was recorded, epoch ms, once per process. Events about the log itself do not count:
 * a copy records when it was made, and has older events.
 */
export const whenLogBegan = (store: EventStore): (() => Promise<number | undefined>) => {
  let known: number | undefined;
  return async () => {
    known ??= await firstRecordedAt(store);
    return known;
  };
};

const firstRecordedAt = async (store: EventStore): Promise<number | undefined> => {
  for await (const { events } of readLog(store)) {
    const first = events.find(({ stream }) => stream !== logStream);
    if (first !== undefined) return first.recordedAt;
  }
  return undefined;
};
