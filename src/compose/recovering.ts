import pg from 'pg';
import type { KafkaConfig } from '../config.ts';
import { startEmbeddedPostgres } from '../db/embedded-postgres.ts';
import { migrate } from '../db/migrate.ts';
import { DomainEvent } from '../domain/events/index.ts';
import { createCodec } from '../event-store/codec.ts';
import { readIdentity } from '../event-store/identity.ts';
import type { Position } from '../event-store/port.ts';
import { type AheadGeneration, dropGenerations, findAhead } from '../projections/ahead.ts';
import { publishedAhead } from '../publisher/index.ts';
import type { World } from '../runtime/world.ts';
import { type LogPlaces, openLogAt } from './copying.ts';

export type Recovery = {
  readonly logId: string;
  /** Undefined: the log is empty. */
  readonly end: Position | undefined;
  readonly ahead: readonly AheadGeneration[];
  /** Whether they were dropped. */
  readonly dropped: boolean;
  /** Why what was published to Kafka is ahead; undefined if it is not, or Kafka is not set. */
  readonly published: string | undefined;
};

type RecoverInput = {
  readonly log: string;
  readonly places: LogPlaces;
  readonly kafka: KafkaConfig | undefined;
  readonly apply: boolean;
};

/**
 * Holds the read models and what was published to Kafka against the log, and drops read models that are ahead of it where
 * that is asked for.
 * @throws Error where a server still runs, there is no log, or Kafka does not answer
 */
export const recoverReadModels = async (
  { log, places, kafka, apply }: RecoverInput,
  world: World,
): Promise<Recovery> => {
  const embedded =
    places.databaseUrl === undefined
      ? await startEmbeddedPostgres({ dataDir: places.dataDir, log: world.log })
      : undefined;
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
      if (logId === undefined) throw new Error('there is no log here: restore it first');
      const end = await store.end();
      const ahead = await findAhead({ client, store, logId, endsExactly: log === 'postgres' });
      const published = kafka && (await publishedAhead({ store, logId, config: kafka, world }));
      if (!apply || ahead.length === 0) return { logId, end, ahead, dropped: false, published };
      if (connected.length > 0) {
        throw new Error(`a server is still connected to Postgres (${connected.join(', ')}): stop all servers first`);
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

/**
 * Names the connections to this database that servers have open; each server keeps some, whatever its roles and however
 * its read models are.
 */
const connectedServers = async (client: pg.Client): Promise<string[]> => {
  const { rows } = await client.query<{ name: string }>(
    `SELECT DISTINCT application_name AS name FROM pg_stat_activity
     WHERE datname = current_database() AND pid <> pg_backend_pid() AND application_name LIKE 'carillon%' ORDER BY name`,
  );
  return rows.map(({ name }) => name);
};
