import { fork } from 'node:child_process';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import pg from 'pg';
import { z } from 'zod';
import { startEmbeddedPostgres } from '../src/db/embedded-postgres.ts';
import { migrate } from '../src/db/migrate.ts';
import { DomainEvent } from '../src/domain/events/index.ts';
import { type Codec, createCodec } from '../src/event-store/codec.ts';
import { createEventStoreDbStore } from '../src/event-store/eventstoredb/store.ts';
import { ensureLogIdentity } from '../src/event-store/identity.ts';
import { type EventStore, type NewEvent, NO_STREAM } from '../src/event-store/port.ts';
import { createPostgresEventStore } from '../src/event-store/postgres/store.ts';
import { copyLog, type OpenLog } from '../src/log-copy/copy-log.ts';
import { nodeRuntime } from '../src/runtime/node-runtime.ts';
import type { Logger } from '../src/runtime/runtime.ts';
import { passableTempDir } from '../src/testing/databases.ts';
import { type Bench, timed } from './harness.ts';

const SERVER = path.join(import.meta.dirname, '../test/support/eventstoredb/fake-process.ts');
const STREAMS = 1_000;

const silent: Logger = { debug() {}, info() {}, warn() {}, error() {} };
const world = nodeRuntime(silent);
const codec = createCodec({ schemas: DomainEvent.options });
const Said = z.object({ url: z.string() });

/**
 * `log copy` from Postgres, with every commit flushed to disk, to a fake of EventStoreDB in a process of its own, and
 * back: events of one append each, spread over a thousand streams in turn, and what an event costs the copying process.
 */
export const bench: Bench = async ({ size, say }) => {
  const events = { full: 40_000, quick: 4_000, smallest: 200 }[size];
  const dataDir = await passableTempDir('carillon-bench-');
  const postgres = await startEmbeddedPostgres({ dataDir, port: 0, log: silent, durability: 'full' });
  const server = fork(SERVER, { stdio: 'inherit' });
  try {
    const [message] = await once(server, 'message');
    const { url } = Said.parse(message);
    const inEventStoreDb: OpenLog = (used: Codec) =>
      createEventStoreDbStore({ connectionString: url, prefix: 'bench_', codec: used, world });
    const inPostgres =
      (connectionString: string): OpenLog =>
      (used) =>
        createPostgresEventStore({ connection: { connectionString }, codec: used, world });
    await migrate(postgres.url, silent);
    const copyUrl = await otherDatabase(postgres.url);
    await migrate(copyUrl, silent);
    const source = inPostgres(postgres.url)(codec);
    await ensureLogIdentity(source, world);
    await fill(source, events);
    await source.close();
    const copy = async (from: OpenLog, to: OpenLog, way: string) => {
      const before = process.cpuUsage();
      const { tookMs, value } = await timed(() => copyLog({ from, to, world, verify: false }));
      const { user, system } = process.cpuUsage(before);
      const perSecond = (1_000 * value.copied) / tookMs;
      say(`${way}\t${value.copied} events\t${Math.round(perSecond)} a second`);
      return { perSecond, cpuMicros: (user + system) / value.copied };
    };
    const there = await copy(inPostgres(postgres.url), inEventStoreDb, 'Postgres to EventStoreDB');
    const back = await copy(inEventStoreDb, inPostgres(copyUrl), 'EventStoreDB to Postgres');
    return {
      figures: {
        toEventStoreDbPerSecond: there.perSecond,
        toEventStoreDbCpuMicros: there.cpuMicros,
        toPostgresPerSecond: back.perSecond,
        toPostgresCpuMicros: back.cpuMicros,
      },
      targets: { toEventStoreDbPerSecond: { atLeast: 8_000 }, toPostgresPerSecond: { atLeast: 8_000 } },
    };
  } finally {
    server.disconnect();
    await postgres.stop();
    await rm(dataDir, { recursive: true });
  }
};

const otherDatabase = async (url: string): Promise<string> => {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query('create database copied');
  await client.end();
  const other = new URL(url);
  other.pathname = '/copied';
  return other.href;
};

const fill = async (store: EventStore, events: number): Promise<void> => {
  for (let revision = NO_STREAM; revision < events / STREAMS - 1; revision++) {
    const appends = Array.from({ length: STREAMS }, (_, stream) =>
      store.append({ stream: `runs-${stream}`, expectedRevision: revision, events: [claim(stream + 1)] }),
    );
    await Promise.all(appends);
  }
};

/** The most frequent append of an engine: the claim of a slot. */
const claim = (jobId: number): NewEvent => {
  const at = '2026-01-01T00:00:00.000Z';
  const execution = { executionId: 1, attempt: 1, trigger: 'schedule', scheduledAt: at, createdAt: at } as const;
  return {
    type: 'ExecutionStarted',
    data: {
      ...{ tenant: 'default', applicationId: 3, jobId, engineId: 'engine-1', jobRevision: 0, ...execution },
      tail: { jobRevision: 0, cursor: at, runs: 1, open: [{ ...execution, state: 'running' }] },
    },
    id: world.random.uuid(),
    metadata: { actor: { type: 'engine', name: 'engine-1' }, correlationId: world.random.uuid() },
  };
};
