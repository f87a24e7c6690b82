import { fork } from 'node:child_process';
import { on } from 'node:events';
import path from 'node:path';
import v8 from 'node:v8';
import { runInNewContext } from 'node:vm';
import { NO_STREAM as CLIENT_NO_STREAM, EventStoreDBClient, jsonEvent, streamNameFilter } from '@eventstore/db-client';
import { z } from 'zod';
import { DomainEvent } from '../src/domain/events/index.ts';
import { createCodec } from '../src/event-store/codec.ts';
import { createEventStoreDbStore } from '../src/event-store/eventstoredb/store.ts';
import { type EventStore, type NewEvent, NO_STREAM } from '../src/event-store/port.ts';
import { nodeRuntime } from '../src/runtime/node-runtime.ts';
import type { Logger } from '../src/runtime/runtime.ts';
import { type Bench, quantile, timed } from './harness.ts';

const SERVER = path.join(import.meta.dirname, '../test/support/eventstoredb/fake-process.ts');
/** Of what is appended, and of what is read. */
const PREFIX = 'bench_';
const FILLED = 'filled_';
const STREAMS = 1_000;
const IN_FLIGHT = 64;
const MIB = 1_048_576;

const silent: Logger = { debug() {}, info() {}, warn() {}, error() {} };
const world = nodeRuntime(silent);
const codec = createCodec({ schemas: DomainEvent.options });

/**
 * The adapter compared with its client, both over gRPC to a fake server in a separate process: appends of one event, 64 in
 * progress, and a subscription read from the log's beginning to its end, repeatedly, so that memory growth shows.
 */
export const bench: Bench = async ({ size, say }) => {
  const [appends, events, rounds, drains] = {
    full: [20_000, 50_000, 5, 20] as const,
    quick: [1_000, 5_000, 1, 2] as const,
    smallest: [50, 100, 1, 1] as const,
  }[size];
  const server = fork(SERVER, { stdio: 'inherit' });
  const said = messagesOf(server);
  const { url } = await said();
  const store = createEventStoreDbStore({ connectionString: url, prefix: PREFIX, codec, world });
  const filled = createEventStoreDbStore({ connectionString: url, prefix: FILLED, codec, world });
  const client = EventStoreDBClient.connectionString(url);
  try {
    const rates: Record<'append' | 'bareAppend' | 'drain' | 'bareDrain', number[]> = {
      append: [],
      bareAppend: [],
      drain: [],
      bareDrain: [],
    };
    say('round  appends/s  bare');
    for (let round = 0; round <= rounds; round++) {
      const [ours, bare] = [
        await timed(() => together(appends, (event) => append(store, event))),
        await timed(() => together(appends, (event) => bareAppend(client, event))),
      ];
      // The first one warms both up.
      if (round === 0) continue;
      rates.append.push(rate(appends, ours));
      rates.bareAppend.push(rate(appends, bare));
      say([round, rates.append.at(-1), rates.bareAppend.at(-1)].map((figure) => Math.round(figure ?? 0)).join('\t'));
    }
    server.send({ prefix: FILLED, count: events, streams: STREAMS, event: codec.encode(claim()) });
    await said();
    let heapAtFirst = 0;
    for (let round = 0; round < drains; round++) {
      const ours = await timed(() => drain(filled));
      if (round === 0) heapAtFirst = heapBytes();
      rates.drain.push(rate(events, ours));
      if (round >= rounds) continue;
      rates.bareDrain.push(rate(events, await timed(() => bareDrain(client, events))));
      say(`drain ${round + 1}\t${Math.round(rates.drain.at(-1) ?? 0)}\t${Math.round(rates.bareDrain.at(-1) ?? 0)}`);
    }
    const median = (side: keyof typeof rates): number => quantile(rates[side], 0.5);
    return {
      figures: {
        appendsPerSecond: median('append'),
        bareAppendsPerSecond: median('bareAppend'),
        appendsOfBare: median('append') / median('bareAppend'),
        drainedPerSecond: median('drain'),
        bareDrainedPerSecond: median('bareDrain'),
        drainedOfBare: median('drain') / median('bareDrain'),
        eventsDrained: drains * events,
        heapGrowthMiB: (heapBytes() - heapAtFirst) / MIB,
      },
      targets: {
        appendsOfBare: { atLeast: 0.7 },
        drainedOfBare: { atLeast: 0.7 },
        heapGrowthMiB: { atMost: 16 },
      },
    };
  } finally {
    await Promise.all([store.close(), filled.close()]);
    await client.dispose();
    server.disconnect();
  }
};

const rate = (count: number, { tookMs }: { tookMs: number }): number => (1_000 * count) / tookMs;

const Said = z.object({ url: z.string() });

/** Returns the server's next message. */
const messagesOf = (server: ReturnType<typeof fork>): (() => Promise<z.infer<typeof Said>>) => {
  const messages = on(server, 'message');
  return async () => {
    const { value = [] } = await messages.next();
    return Said.parse(value[0]);
  };
};

const together = async (count: number, run: (event: NewEvent) => Promise<unknown>): Promise<void> => {
  const events = Array.from({ length: count }, claim);
  const lane = async (): Promise<void> => {
    for (let event = events.pop(); event !== undefined; event = events.pop()) await run(event);
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, lane));
};

const append = (store: EventStore, event: NewEvent): Promise<unknown> =>
  store.append({ stream: `own-${event.id}`, expectedRevision: NO_STREAM, events: [event] });

const bareAppend = (client: EventStoreDBClient, { id, type, data, metadata }: NewEvent): Promise<unknown> =>
  client.appendToStream(`${PREFIX}bare-${id}`, jsonEvent({ id, type, data, metadata }), {
    expectedRevision: CLIENT_NO_STREAM,
  });

const drain = async (store: EventStore): Promise<void> => {
  const done = new AbortController();
  for await (const item of store.subscribe({ signal: done.signal })) if (item.kind === 'caughtUp') done.abort();
};

const bareDrain = async (client: EventStoreDBClient, count: number): Promise<void> => {
  const subscription = client.subscribeToAll({ filter: streamNameFilter({ prefixes: [FILLED] }) });
  let seen = 0;
  for await (const { event } of subscription) if (event !== undefined && ++seen === count) break;
  await subscription.unsubscribe();
};

/** What is held after a collection. */
const heapBytes = (): number => {
  v8.setFlagsFromString('--expose-gc');
  runInNewContext('gc')();
  return process.memoryUsage().heapUsed;
};

/** The most frequent append of an engine: the claim of a slot. */
const claim = (): NewEvent => {
  const at = '2026-01-01T00:00:00.000Z';
  const open = {
    executionId: 1,
    attempt: 1,
    state: 'running',
    trigger: 'schedule',
    scheduledAt: at,
    createdAt: at,
  } as const;
  const slot = {
    tenant: 'default',
    applicationId: 3,
    jobId: 7,
    executionId: 1,
    trigger: 'schedule',
    attempt: 1,
  } as const;
  return {
    type: 'ExecutionStarted',
    data: {
      ...slot,
      engineId: 'engine-1',
      jobRevision: 0,
      scheduledAt: at,
      createdAt: at,
      tail: { jobRevision: 0, cursor: at, runs: 1, open: [open] },
    },
    id: world.random.uuid(),
    metadata: { actor: { type: 'engine', name: 'engine-1' }, correlationId: world.random.uuid() },
  };
};
