import { startEmbeddedPostgres } from '../db/embedded-postgres.ts';
import { migrate } from '../db/migrate.ts';
import type { Codec } from '../event-store/codec.ts';
import { createEventStoreDbStore } from '../event-store/eventstoredb.ts';
import type { EventStore } from '../event-store/port.ts';
import { createPostgresEventStore } from '../event-store/postgres.ts';
import { copyLog, type LogCopyResult } from '../log-copy/copy-log.ts';
import type { World } from '../runtime/world.ts';

/** Which log to copy where. */
export type CopyOptions = LogPlaces & {
  /** `postgres`, `eventstoredb`, or the URL of one. */
  readonly from: string;
  readonly to: string;
  readonly verify: boolean;
  /** Whether the engines may claim on the copy without a release. */
  readonly released: boolean;
  readonly onProgress: (events: number) => void;
};

/** Where the logs named `postgres` and `eventstoredb` are. */
export type LogPlaces = {
  /** Server of the log `postgres`; undefined: the embedded server in the data folder. */
  readonly databaseUrl: string | undefined;
  /** Connection string of the log `eventstoredb`. */
  readonly eventStoreUrl: string | undefined;
  readonly prefix: string;
  readonly dataDir: string;
};

type LogAccess = { readonly open: (codec: Codec) => EventStore; readonly stop: () => Promise<void> };

/**
 * Copies a log to another store. All servers that write to it must be stopped.
 * @throws Error for an unknown log; LogCopyFailed. Both say what to do
 */
export const copyLogBetween = async (options: CopyOptions, world: World): Promise<LogCopyResult> => {
  const from = await openLogAt(options.from, options, world);
  try {
    const to = await openLogAt(options.to, options, world);
    try {
      const { verify, released, onProgress } = options;
      return await copyLog({ from: from.open, to: to.open, world, verify, released, onProgress });
    } finally {
      await to.stop();
    }
  } finally {
    await from.stop();
  }
};

/**
 * Finds a log by its name or URL.
 * @throws Error for an unknown name or URL
 */
export const openLogAt = async (name: string, places: LogPlaces, world: World): Promise<LogAccess> => {
  if (name === 'postgres') {
    return places.databaseUrl === undefined ? embedded(places, world) : inPostgres(places.databaseUrl, world);
  }
  if (/^postgres(ql)?:\/\//.test(name)) return inPostgres(name, world);
  const url = name === 'eventstoredb' ? places.eventStoreUrl : name;
  if (url === undefined) throw new Error('EVENTSTORE_URL is not set: it says where eventstoredb is');
  if (!/^(esdb|kurrentdb)(\+discover)?:\/\//.test(url)) {
    throw new Error(`"${name}" names no log: give postgres, eventstoredb, postgres://… or esdb://…`);
  }
  const open = (codec: Codec) =>
    createEventStoreDbStore({ connectionString: url, prefix: places.prefix, codec, world });
  return { open, stop: async () => {} };
};

const inPostgres = async (url: string, world: World): Promise<LogAccess> => {
  await migrate(url, world.log);
  return {
    open: (codec) => createPostgresEventStore({ connection: { connectionString: url }, codec, world }),
    stop: async () => {},
  };
};

const embedded = async ({ dataDir }: LogPlaces, world: World): Promise<LogAccess> => {
  const postgres = await startEmbeddedPostgres({ dataDir, log: world.log });
  return { ...(await inPostgres(postgres.url, world)), stop: () => postgres.stop() };
};
