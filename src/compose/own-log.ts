import pg from 'pg';
import type { Config } from '../config.ts';
import { startEmbeddedPostgres } from '../db/embedded-postgres.ts';
import { migrate } from '../db/migrate.ts';
import { explainingRejections } from '../db/rejection.ts';
import { DomainEvent } from '../domain/events/index.ts';
import { InstantInput, toMs } from '../domain/values.ts';
import { type Codec, createCodec } from '../event-store/codec.ts';
import { ensureLogIdentity, readIdentity } from '../event-store/identity.ts';
import type { LogKind } from '../event-store/log-kind.ts';
import { DEFAULT_LOG_KIND, findLogKind, LOG_KINDS, selectedLogKind } from '../event-store/log-kinds.ts';
import { type EventStore, type Position, positionOf } from '../event-store/port.ts';
import { copyLog, type LogCopyResult } from '../log-copy/copy-log.ts';
import { type AheadGeneration, dropGenerations, findAhead } from '../projections/ahead.ts';
import { publishedAhead } from '../publisher/publisher.ts';
import { type RepublishResult, republish } from '../publisher/republish.ts';
import type { Runtime } from '../runtime/runtime.ts';

/** The settings of commands that open the log themselves. */
export type LogSettings = {
  readonly config: Config;
  /** Server of the default kind of log; `undefined` for the embedded server in the data folder. */
  readonly databaseUrl: string | undefined;
  /** URL of the log of another kind. */
  readonly eventStoreUrl: string | undefined;
  readonly world: Runtime;
};

type LogAccess = {
  readonly kind: LogKind;
  readonly open: (codec: Codec) => EventStore;
  readonly stop: () => Promise<void>;
};

/**
 * Copies a log to another store. All servers that write to it must be stopped.
 * @param logs the source and the target, each by the name of its kind or its URL
 * @throws Error for an unknown log; LogCopyFailed. Both state what to do
 */
export const copyLogBetween = async (
  settings: LogSettings,
  logs: { readonly from: string; readonly to: string },
  options: { readonly verify: boolean; readonly released: boolean; readonly onProgress: (events: number) => void },
): Promise<LogCopyResult> => {
  const from = await openLogAt(logs.from, settings);
  try {
    const to = await openLogAt(logs.to, settings);
    try {
      return await copyLog({ ...options, from: from.open, to: to.open, world: settings.world });
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
const openLogAt = async (name: string, settings: LogSettings): Promise<LogAccess> => {
  const { config, databaseUrl, eventStoreUrl, world } = settings;
  const named = LOG_KINDS.find((kind) => kind.name === name);
  const isDefault = named === DEFAULT_LOG_KIND;
  const embedded = isDefault && databaseUrl === undefined ? await startEmbedded(settings) : undefined;
  const setUrl = isDefault ? (databaseUrl ?? embedded?.url) : eventStoreUrl;
  const url = named === undefined ? name : setUrl;
  if (url === undefined) throw new Error(`EVENTSTORE_URL is not set. Set it to the address of ${name}.`);
  const kind = findLogKind(url);
  if (kind === undefined || (named !== undefined && kind !== named)) {
    const given = named === undefined ? `"${name}"` : 'EVENTSTORE_URL';
    throw new Error(`${given} is not a log${named === undefined ? '' : ` of kind ${name}`}. Use ${oneOf(EXAMPLES)}.`);
  }
  const adapter = await kind.load();
  const location = { url, prefix: config.eventStore.prefix };
  await adapter.prepare(location, world.log);
  return { kind, open: (codec) => adapter.open(location, { codec, world }), stop: async () => embedded?.stop() };
};

const oneOf = (names: readonly string[]): string => `${names.slice(0, -1).join(', ')} or ${names.at(-1)}`;

const startEmbedded = ({ config: { dataDir }, world: { log } }: LogSettings) => startEmbeddedPostgres({ dataDir, log });

/** Opens the log of the settings. */
const openOwnLog = async (settings: LogSettings) => {
  const opened = await openLogAt(selectedLogKind(settings.eventStoreUrl).name, settings);
  return { ...opened, store: opened.open(createCodec({ schemas: DomainEvent.options })) };
};

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

/**
 * Compares the read models and the data in Kafka with the log and, on request, drops read models that are ahead of it.
 * @throws Error if a server is running, there is no log, or Kafka does not respond
 */
export const recoverReadModels = async (
  settings: LogSettings,
  { apply }: { readonly apply: boolean },
): Promise<Recovery> => {
  const { config, world } = settings;
  const embedded = settings.databaseUrl === undefined ? await startEmbedded(settings) : undefined;
  const databaseUrl = settings.databaseUrl ?? embedded?.url ?? '';
  const client = new pg.Client({ connectionString: databaseUrl });
  try {
    await explainingRejections(databaseUrl, () => client.connect());
    const connected = apply ? await connectedServers(client) : [];
    await migrate(databaseUrl, world.log);
    const { store, kind, stop } = await openOwnLog({ ...settings, databaseUrl });
    try {
      const logId = (await readIdentity(store))?.id;
      if (logId === undefined) throw new Error('There is no log. Restore it first.');
      const end = await store.end();
      const ahead = await findAhead(client, { store, logId, endsExactly: kind.countsEvents });
      const published = config.kafka && (await publishedAhead({ store, logId, config: config.kafka, world }));
      if (!apply || ahead.length === 0) return { logId, end, ahead, dropped: false, published };
      if (connected.length > 0) {
        throw new Error(`A server is still connected to Postgres (${connected.join(', ')}). Stop all servers first.`);
      }
      await dropGenerations(client, [...new Set(ahead.map(({ name }) => name))]);
      return { logId, end, ahead, dropped: true, published };
    } finally {
      await store.close();
      await stop();
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

/**
 * Publishes the log to Kafka again, to topics with another prefix.
 * @param start a position, or an ISO 8601 instant
 * @throws Error if `start` is neither, or Kafka is not set; RepublishRejected
 */
export const republishFrom = async (
  settings: LogSettings,
  start: string,
  topicPrefix: string,
): Promise<RepublishResult> => {
  const { world, config } = settings;
  const { kafka } = config;
  if (kafka === undefined) throw new Error('KAFKA_BROKERS is not set. Set it to the brokers to publish to.');
  const from = startOf(start);
  const { store, stop } = await openOwnLog(settings);
  try {
    const logId = await ensureLogIdentity(store, world);
    const { signal } = new AbortController();
    return await republish({ store, logId, world, config: kafka, from, topicPrefix, signal });
  } finally {
    await store.close();
    await stop();
  }
};

const startOf = (text: string) => {
  if (/^\d{1,20}$/.test(text)) return { position: positionOf(BigInt(text)) };
  const instant = InstantInput.safeParse(text);
  if (instant.success) return { instantMs: toMs(instant.data) };
  throw new Error('--from must be a position or an instant from year 1 to 9999, such as 2026-03-01T00:00:00Z.');
};
