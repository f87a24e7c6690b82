import { rm } from 'node:fs/promises';
import pg from 'pg';
import { startEmbeddedPostgres } from '../src/db/embedded-postgres.ts';
import { migrate } from '../src/db/migrate.ts';
import { DomainEvent } from '../src/domain/events/index.ts';
import { createCodec } from '../src/event-store/codec.ts';
import { type Append, type EventStore, NO_STREAM } from '../src/event-store/port.ts';
import { createPostgresEventStore } from '../src/event-store/postgres/store.ts';
import { nodeRuntime } from '../src/runtime/node-runtime.ts';
import type { Logger } from '../src/runtime/runtime.ts';
import { passableTempDir } from '../src/testing/databases.ts';
import { type Bench, quantile, timed } from './harness.ts';

const IN_FLIGHT = 256;
const RAW_ROWS_A_STATEMENT = 1_000;

const silent: Logger = { debug() {}, info() {}, warn() {}, error() {} };
const world = nodeRuntime(silent);
const codec = createCodec({ schemas: DomainEvent.options });

/**
 * Appends of one event to a stream of its own, 256 in flight, with every commit flushed to disk, against the same rows
 * by multi-row INSERT into the same table and against appends that wait for one another.
 */
export const bench: Bench = async ({ size, say }) => {
  const [appends, alone, rounds] = {
    full: [20_000, 300, 5] as const,
    quick: [1_000, 50, 1] as const,
    smallest: [50, 5, 1] as const,
  }[size];
  const dataDir = await passableTempDir('carillon-bench-');
  const server = await startEmbeddedPostgres({ dataDir, port: 0, log: silent, durability: 'full' });
  try {
    await migrate(server.url, silent);
    const store = createPostgresEventStore({ connection: { connectionString: server.url }, codec, world });
    const client = new pg.Client({ connectionString: server.url });
    await client.connect();
    const together: number[] = [];
    const oneByOne: number[] = [];
    const raw: number[] = [];
    say('round  appends/s  raw rows/s  one by one/s');
    await appendTogether(store, claims(IN_FLIGHT));
    for (let round = 1; round <= rounds; round++) {
      const rows = claims(appends);
      together.push(rate(appends, await timed(() => appendTogether(store, rows))));
      oneByOne.push(rate(alone, await timed(() => appendOneByOne(store, claims(alone)))));
      await client.query('truncate log_events');
      const columns = rawColumns(rows);
      raw.push(rate(appends, await timed(() => insertRaw(client, columns))));
      await client.query('truncate log_events');
      say([round, ...[together, raw, oneByOne].map((rates) => Math.round(rates.at(-1) ?? 0))].join('\t'));
    }
    await store.close();
    await client.end();
    const appendsPerSecond = quantile(together, 0.5);
    return {
      figures: {
        appendsPerSecond,
        rawRowsPerSecond: quantile(raw, 0.5),
        oneByOnePerSecond: quantile(oneByOne, 0.5),
        ofRaw: appendsPerSecond / quantile(raw, 0.5),
        timesOneByOne: appendsPerSecond / quantile(oneByOne, 0.5),
      },
      targets: { ofRaw: { atLeast: 0.25 }, timesOneByOne: { atLeast: 10 } },
    };
  } finally {
    await server.stop();
    await rm(dataDir, { recursive: true, force: true });
  }
};

const rate = (count: number, { tookMs }: { tookMs: number }): number => (1_000 * count) / tookMs;

/** The most frequent append of an engine: the claim of a slot. */
const claims = (count: number): Append[] => Array.from({ length: count }, (_, index) => claim(index + 1));

const claim = (executionId: number): Append => {
  const at = '2026-01-01T00:00:00.000Z';
  const of = { tenant: 'default', applicationId: 3, jobId: 7, executionId, trigger: 'schedule', attempt: 1 } as const;
  const engineId = world.random.uuid();
  return {
    stream: `runs-${world.random.uuid()}`,
    expectedRevision: NO_STREAM,
    events: [
      {
        type: 'ExecutionStarted',
        data: {
          ...of,
          engineId,
          jobRevision: 0,
          scheduledAt: at,
          createdAt: at,
          tail: {
            jobRevision: 0,
            cursor: at,
            runs: 1,
            open: [{ executionId, attempt: 1, state: 'running', trigger: 'schedule', scheduledAt: at, createdAt: at }],
          },
        },
        id: world.random.uuid(),
        metadata: { actor: { type: 'engine', name: engineId }, correlationId: world.random.uuid() },
      },
    ],
  };
};

const appendTogether = async (store: EventStore, appends: readonly Append[]): Promise<void> => {
  let next = 0;
  const lane = async (): Promise<void> => {
    for (let append = appends[next++]; append !== undefined; append = appends[next++]) await store.append(append);
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, lane));
};

const appendOneByOne = async (store: EventStore, appends: readonly Append[]): Promise<void> => {
  for (const append of appends) await store.append(append);
};

type Column = readonly (string | number)[];

/** Ready to send, so that Postgres is measured without the creation of JSON. */
const rawColumns = (appends: readonly Append[]): Column[][] => {
  const rows = appends.flatMap(({ stream, events }, index) =>
    events.map((event) => ({ position: index + 1, stream, id: event.id, ...codec.encode(event) })),
  );
  return Array.from({ length: Math.ceil(rows.length / RAW_ROWS_A_STATEMENT) }, (_, part) => {
    const some = rows.slice(part * RAW_ROWS_A_STATEMENT, (part + 1) * RAW_ROWS_A_STATEMENT);
    return [
      some.map(({ position }) => position),
      some.map(({ stream }) => stream),
      some.map(({ id }) => id),
      some.map(({ type }) => type),
      some.map(({ data }) => data),
      some.map(({ metadata }) => metadata),
    ];
  });
};

const insertRaw = async (client: pg.Client, statements: readonly Column[][]): Promise<void> => {
  const text = `
    insert into log_events (position, stream, revision, id, type, data, metadata, recorded_at)
    select position, stream, 0, id, type, data, metadata, now()
    from unnest($1::bigint[], $2::text[], $3::uuid[], $4::text[], $5::text[], $6::text[])
      as rows (position, stream, id, type, data, metadata)`;
  for (const values of statements) await client.query({ name: 'raw', text, values });
};
