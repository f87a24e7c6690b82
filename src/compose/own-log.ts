import pg from 'pg';
import { startEmbeddedPostgres } from '../db/embedded-postgres.ts';
import { migrate } from '../db/migrate.ts';
import { DomainEvent } from '../domain/events/index.ts';
import { InstantInput, toMs } from '../domain/values.ts';
import { type Codec, createCodec } from '../event-store/codec.ts';
import { ensureLogIdentity, readIdentity } from '../event-store/identity.ts';
import type { LogKind } from '../event-store/log-kind.ts';
import { DEFAULT_LOG_KIND, findLogKind, LOG_KINDS } from '../event-store/log-kinds.ts';
import { type EventStore, type Position, positionOf } from '../event-store/port.ts';
import { copyLog, type LogCopyResult } from '../log-copy/copy-log.ts';
import { type AheadGeneration, dropGenerations, findAhead } from '../projections/ahead.ts';
import type { KafkaSettings } from '../publisher/kafka-client.ts';
import { publishedAhead } from '../publisher/publisher.ts';
import { type RepublishResult, republish } from '../publisher/republish.ts';
import type { Runtime } from '../runtime/runtime.ts';

type CopyOptions = LogPlaces & {
  /** The name of a kind of log, or the URL of a log. */
  readonly from: string;
  readonly to: string;
  readonly verify: boolean;
  /** Whether the engines can claim on the copy without a release. */
  readonly released: boolean;
  readonly onProgress: (events: number) => void;
};

/** Locations of logs that are given by the name of their kind. */
export type LogPlaces = {
  /** Server of the default kind; `undefined` for the embedded server in the data folder. */
  readonly databaseUrl: string | undefined;
  /** URL of the log of another kind. */
  readonly eventStoreUrl: string | undefined;
  readonly prefix: string;
  readonly dataDir: string;
};

type LogAccess = {
  readonly kind: LogKind;
  readonly open: (codec: Codec) => EventStore;
  readonly stop: () => Promise<void>;
};

/**
 * Copies a log to another store. All servers that write to it must be stopped.
 * @throws Error for an unknown log; LogCopyFailed. Both state what to do
 */
export const copyLogBetween = async (options: CopyOptions, world: Runtime): Promise<LogCopyResult> => {
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

const EXAMPLES = [
  ...LOG_KINDS.map(({ name }) => name),
  ...LOG_KINDS.flatMap(({ schemes }) => schemes.slice(0, 1).map((scheme) => `${scheme}://…`)),
];

/**
 * Opens a log by its name or URL.
 * @throws Error for an unknown name or URL
 */
const openLogAt = async (name: string, places: LogPlaces, world: Runtime): Promise<LogAccess> => {
  const named = LOG_KINDS.find((kind) => kind.name === name);
  const isDefault = named === DEFAULT_LOG_KIND;
  const embedded = isDefault && places.databaseUrl === undefined ? await startEmbedded(places, world) : undefined;
  const setUrl = isDefault ? (places.databaseUrl ?? embedded?.url) : places.eventStoreUrl;
  const url = named === undefined ? name : setUrl;
  if (url === undefined) throw new Error(`EVENTSTORE_URL is not set. Set it to the address of ${name}.`);
  const kind = findLogKind(url);
  if (kind === undefined || (named !== undefined && kind !== named)) {
    const given = named === undefined ? `"${name}"` : 'EVENTSTORE_URL';
    throw new Error(`${given} is not a log${named === undefined ? '' : ` of kind ${name}`}. Use ${oneOf(EXAMPLES)}.`);
  }
  const adapter = await kind.load();
  const location = { url, prefix: places.prefix };
  await adapter.prepare(location, world.log);
  return { kind, open: (codec) => adapter.open(location, { codec, world }), stop: async () => embedded?.stop() };
};

const oneOf = (names: readonly string[]): string => `${names.slice(0, -1).join(', ')} or ${names.at(-1)}`;

const startEmbedded = ({ dataDir }: LogPlaces, { log }: Runtime) => startEmbeddedPostgres({ dataDir, log });

export type Recovery = {
  readonly logId: string;
  /** `undefined` if the log is empty. */
  readonly end: Position | undefined;
  readonly ahead: readonly AheadGeneration[];
  /** Whether they were dropped. */
  readonly dropped: boolean;
  /** Why the data in Kafka is ahead; `undefined` if it is not, or Kafka is not set. */
  readonly published: string | undefined;
};

type RecoverInput = {
  readonly log: string;
  readonly places: LogPlaces;
  readonly kafka: KafkaSettings | undefined;
  readonly apply: boolean;
};

/**
 * Compares the read models and the data in Kafka with the log and, on request, drops read models that are ahead of it.
 * @throws Error if a server is running, there is no log, or Kafka does not respond
 */
export const recoverReadModels = async (
  { log, places, kafka, apply }: RecoverInput,
  world: Runtime,
): Promise<Recovery> => {
  const embedded = places.databaseUrl === undefined ? await startEmbedded(places, world) : undefined;
  const databaseUrl = places.databaseUrl ?? embedded?.url ?? '';
  const client = new pg.Client({ connectionString: databaseUrl });
  try {
    await client.connect();
    const connected = apply ? await connectedServers(client) : [];
    await migrate(databaseUrl, world.log);
    const opened = await openLogAt(log, { ...places, databaseUrl }, world);
    const store = opened.open(createCodec({ schemas: DomainEvent.options }));
    try {
      const logId = (await readIdentity(store))?.id;
      if (logId === undefined) throw new Error('There is no log. Restore it first.');
      const end = await store.end();
      const ahead = await findAhead(client, { store, logId, endsExactly: opened.kind.countsEvents });
      const published = kafka && (await publishedAhead({ store, logId, config: kafka, world }));
      if (!apply || ahead.length === 0) return { logId, end, ahead, dropped: false, published };
      if (connected.length > 0) {
        throw new Error(`A server is still connected to Postgres (${connected.join(', ')}). Stop all servers first.`);
      }
      await dropGenerations(client, [...new Set(ahead.map(({ name }) => name))]);
      return { logId, end, ahead, dropped: true, published };
    } finally {
      await store.close();
      await opened.stop();
    }
  } finally {
    await client.end();
    await embedded?.stop();
  }
};

/** Names the open connections of servers to this database; each server keeps some, whatever its roles and read models. */
const connectedServers = async (client: pg.Client): Promise<string[]> => {
  const { rows } = await client.query<{ name: string }>(
    `SELECT DISTINCT application_name AS name FROM pg_stat_activity
     WHERE datname = current_database() AND pid <> pg_backend_pid() AND application_name LIKE 'carillon%' ORDER BY name`,
  );
  return rows.map(({ name }) => name);
};

type RepublishInput = {
  /** Name of the kind of log. */
  readonly log: string;
  readonly places: LogPlaces;
  readonly kafka: KafkaSettings;
  /** A position, or an ISO 8601 instant. */
  readonly from: string;
  readonly topicPrefix: string;
};

/**
 * Publishes the log to Kafka again, from a position or instant on, to topics with another prefix.
 * @throws Error if `from` is neither; RepublishRejected
 */
export const republishFrom = async (input: RepublishInput, world: Runtime): Promise<RepublishResult> => {
  const from = startOf(input.from);
  const opened = await openLogAt(input.log, input.places, world);
  const store = opened.open(createCodec({ schemas: DomainEvent.options }));
  try {
    const logId = await ensureLogIdentity(store, world);
    const { kafka: config, topicPrefix } = input;
    return await republish({ store, logId, world, config, from, topicPrefix, signal: new AbortController().signal });
  } finally {
    await store.close();
    await opened.stop();
  }
};

const startOf = (text: string) => {
  if (/^\d{1,20}$/.test(text)) return { position: positionOf(BigInt(text)) };
  const instant = InstantInput.safeParse(text);
  if (instant.success) return { instantMs: toMs(instant.data) };
  throw new Error('--from must be a position or an instant from year 1 to 9999, such as 2026-03-01T00:00:00Z.');
};
