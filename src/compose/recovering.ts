import pg from 'pg';
import type { KafkaConfig } from '../config.ts';
import { startEmbeddedPostgres } from '../db/embedded-postgres.ts';
import { migrate } from '../db/migrate.ts';
import { DomainEvent } from '../domain/events/index.ts';
import { createCodec } from '../event-store/codec.ts';
import { readIdentity } from '../event-store/identity.ts';
import type { Position } from '../event-store/port.ts';
import { type AheadGeneration, dropGenerations, findAhead } from '../projections/ahead.ts';
import { everyProjection } from '../projections/all.ts';
import { unattendedProjections } from '../projections/unattended.ts';
import { publishedAhead } from '../publisher/index.ts';
import type { World } from '../world.ts';
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
    await migrate(databaseUrl, world.log);
    await client.connect();
    const opened = await openLogAt(log, { ...places, databaseUrl }, world);
    const store = opened.open(createCodec({ schemas: DomainEvent.options }));
    try {
      const logId = (await readIdentity(store))?.id;
      if (logId === undefined) throw new Error('there is no log here: restore it first');
      const end = await store.end();
      const ahead = await findAhead({ client, store, logId, endsExactly: log === 'postgres' });
      const published = kafka && (await publishedAhead({ store, logId, config: kafka, world }));
      if (!apply || ahead.length === 0) return { logId, end, ahead, dropped: false, published };
      await requireStopped(client);
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

const requireStopped = async (client: pg.Client): Promise<void> => {
  const unattended = new Set(await unattendedProjections(client, everyProjection));
  const running = everyProjection.filter(({ name }) => !unattended.has(name)).map(({ name }) => name);
  if (running.length > 0) {
    throw new Error(`a server still runs the read models ${running.join(', ')}: stop all servers first`);
  }
};
