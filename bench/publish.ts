import { setTimeout as delay } from 'node:timers/promises';
import { Partitioners, type Producer } from 'kafkajs';
import { DomainEvent } from '../src/domain/events/index.ts';
import { createCodec } from '../src/event-store/codec.ts';
import { type EventStore, LOG_START, type NewEvent } from '../src/event-store/port.ts';
import { createPostgresEventStore } from '../src/event-store/postgres/store.ts';
import { type Message, sourceOf, toCloudEvent } from '../src/feed/cloud-event.ts';
import { TOPICS } from '../src/feed/topics.ts';
import { createKafka, type KafkaSettings } from '../src/publisher/kafka-client.ts';
import { beginTransaction, sendAll } from '../src/publisher/kafka-requests.ts';
import { toMessageBatches } from '../src/publisher/publish.ts';
import { createPublisher } from '../src/publisher/publisher.ts';
import { nodeRuntime } from '../src/runtime/node-runtime.ts';
import type { Logger } from '../src/runtime/runtime.ts';
import { startBroker } from '../test/support/kafka.ts';
import { readTopics } from '../test/support/kafka-reader.ts';
import { freshDatabase } from '../test/support/postgres.ts';
import { shareServers } from '../test/support/shared-servers.ts';
import { type Bench, quantile, timed } from './harness.ts';

const EXECUTIONS_PER_SECOND = 500;
const TICK_MS = 10;
const MAX_EVENTS = 500;
const LOG_ID = '5b0c8a52-0000-4000-8000-000000000001';

const silent: Logger = { debug() {}, info() {}, warn() {}, error() {} };
const world = nodeRuntime(silent);

/**
 * The publisher between a log in Postgres and a real broker on the same machine: how soon a reader of committed
 * messages sees what was appended, how fast it catches up beside a bare kafkajs producer with the same messages in the
 * same batches, and what it costs with nothing to do.
 */
export const bench: Bench = async ({ size, say }) => {
  const [seconds, rounds, idleSeconds] = {
    full: [15, 3, 15] as const,
    quick: [2, 1, 3] as const,
    smallest: [1, 1, 1] as const,
  }[size];
  const servers = await shareServers();
  const [broker, database] = await Promise.all([startBroker(), freshDatabase()]);
  const codec = createCodec({ schemas: DomainEvent.options });
  const store = createPostgresEventStore({ connection: { connectionString: database.url }, codec, world });
  const settings = (topicPrefix: string): KafkaSettings => ({
    brokers: broker.brokers,
    ssl: false,
    topicPrefix,
    partitions: 6,
    replication: 1,
    start: 'beginning',
  });
  try {
    const lagsMs = await measureLag(store, settings('lag.'), seconds);
    say(`lag: p50 ${quantile(lagsMs, 0.5).toFixed(0)} ms, p99 ${quantile(lagsMs, 0.99).toFixed(0)} ms`);

    const ours: number[] = [];
    const bare: number[] = [];
    for (let round = 1; round <= rounds; round++) {
      ours.push(await catchUp(store, settings(`ours${round}.`)));
      bare.push(await produceBare(store, settings(`bare${round}.`)));
      say(`round ${round}: ${ours.at(-1)?.toFixed(0)} messages/s, bare ${bare.at(-1)?.toFixed(0)}`);
    }
    const idleCpuPercent = await measureIdle(store, settings('idle.'), idleSeconds);
    return {
      figures: {
        p50LagMs: quantile(lagsMs, 0.5),
        p99LagMs: quantile(lagsMs, 0.99),
        messagesPerSecond: quantile(ours, 0.5),
        bareMessagesPerSecond: quantile(bare, 0.5),
        ofBare: quantile(ours, 0.5) / quantile(bare, 0.5),
        idleCpuPercent,
      },
      targets: { p99LagMs: { atMost: 250 }, ofBare: { atLeast: 0.5 }, idleCpuPercent: { atMost: 0.5 } },
    };
  } finally {
    await store.close();
    await broker.stop();
    await database.drop();
    await servers.stop();
  }
};

/** From the response to the append until the reader has the message, for claims and outcomes of executions. */
const measureLag = async (store: EventStore, config: KafkaSettings, seconds: number): Promise<number[]> => {
  const { publisher } = await started(store, config);
  const appendedAtMs = new Map<string, number>();
  const seenAtMs = new Map<string, number>();
  const reader = await readTopics(config.brokers, [config.topicPrefix + TOPICS.events], ({ headers }) =>
    seenAtMs.set(headers.ce_id ?? '', performance.now()),
  );
  const warmUp = await load(store, { seconds: 1, firstJob: 1 });
  const measured = await load(store, { seconds, firstJob: 1_000_000 });
  for (const [id, atMs] of measured) appendedAtMs.set(id, atMs);
  await reader.until(() => seenAtMs.size >= warmUp.size + measured.size);
  await reader.stop();
  await publisher.stop();
  return [...appendedAtMs].map(([id, atMs]) => Math.max(0, (seenAtMs.get(id) ?? Number.NaN) - atMs));
};

/** Executions at an even rate, each of a separate job; returns when each event's append got its response. */
const load = async (store: EventStore, { seconds, firstJob }: { seconds: number; firstJob: number }) => {
  const answeredAtMs = new Map<string, number>();
  const under: Promise<void>[] = [];
  const beganMs = performance.now();
  for (let made = 0; made < seconds * EXECUTIONS_PER_SECOND; ) {
    const due = Math.floor(((performance.now() - beganMs) / 1_000) * EXECUTIONS_PER_SECOND);
    for (; made < due && made < seconds * EXECUTIONS_PER_SECOND; made++) {
      under.push(execute(store, { jobId: firstJob + made, answeredAtMs }));
    }
    await delay(TICK_MS);
  }
  await Promise.all(under);
  return answeredAtMs;
};

type Executing = { readonly jobId: number; readonly answeredAtMs: Map<string, number> };

const execute = async (store: EventStore, { jobId, answeredAtMs }: Executing): Promise<void> => {
  for (const [index, event] of [claim(jobId), outcome(jobId)].entries()) {
    await store.append({ stream: `runs-${jobId}`, expectedRevision: index - 1, events: [event] });
    answeredAtMs.set(event.id, performance.now());
  }
};

const AT = '2026-01-01T00:00:00.000Z';
const ofExecution = (jobId: number) => ({
  tenant: 'default',
  applicationId: 3,
  jobId,
  executionId: jobId,
  trigger: 'schedule' as const,
  attempt: 1,
  scheduledAt: AT,
  createdAt: AT,
  tail: { jobRevision: 0, cursor: AT, runs: 1, open: [] },
});

const stamp = () => ({
  id: world.random.uuid(),
  metadata: { actor: { type: 'engine' as const, name: 'e' }, correlationId: world.random.uuid() },
});

const claim = (jobId: number): NewEvent => ({
  type: 'ExecutionStarted',
  data: { ...ofExecution(jobId), engineId: 'e', jobRevision: 0 },
  ...stamp(),
});

const outcome = (jobId: number): NewEvent => ({
  type: 'ExecutionSucceeded',
  data: {
    ...ofExecution(jobId),
    startedAt: AT,
    finishedAt: AT,
    result: {
      taskType: 'HttpInvokerTask' as const,
      status: 200,
      headers: { 'content-type': 'application/json' },
      data: { ok: true },
      truncated: false,
    },
  },
  ...stamp(),
});

/** A publisher that has published all there was. */
const started = async (store: EventStore, config: KafkaSettings) => {
  const caughtUp = Promise.withResolvers<void>();
  const publishing = Promise.withResolvers<void>();
  const telling: EventStore = {
    ...store,
    subscribe: async function* (options) {
      for await (const item of store.subscribe(options)) {
        // Requested only after everything before was published.
        if (item.kind === 'caughtUp') caughtUp.resolve();
        yield item;
      }
    },
  };
  const onStatus = ({ state }: { state: string }) => state === 'publishing' && publishing.resolve();
  const publisher = createPublisher({ store: telling, logId: LOG_ID, world, config, onStatus });
  publisher.start();
  await publishing.promise;
  const { tookMs } = await timed(() => caughtUp.promise);
  return { publisher, tookMs };
};

const catchUp = async (store: EventStore, config: KafkaSettings): Promise<number> => {
  const { publisher, tookMs } = await started(store, config);
  await publisher.stop();
  return (1_000 * publisher.status().publishedMessages) / tookMs;
};

/** The same messages and batches, prepared in advance, as fast as kafkajs accepts them. */
const produceBare = async (store: EventStore, config: KafkaSettings): Promise<number> => {
  const batches: Message[][] = [];
  const leaving = new AbortController();
  const cloudEventOf = (event: Parameters<typeof toCloudEvent>[0]) => toCloudEvent(event, sourceOf(LOG_ID), {});
  const limits = { maxEvents: MAX_EVENTS, topicPrefix: config.topicPrefix };
  for await (const item of store.subscribe({ after: LOG_START, signal: leaving.signal })) {
    if (item.kind === 'events')
      for (const { messages } of toMessageBatches(item.events, cloudEventOf, limits)) batches.push([...messages]);
    if (item.kind === 'caughtUp') break;
  }
  leaving.abort();
  const kafka = createKafka(config, silent);
  const admin = kafka.admin();
  await admin.connect();
  const topics = [...new Set(batches.flat().map(({ topic }) => topic))];
  await admin.createTopics({ topics: topics.map((topic) => ({ topic, numPartitions: config.partitions })) });
  await admin.disconnect();
  const producer = kafka.producer({
    transactionalId: `${config.topicPrefix}bare`,
    idempotent: true,
    maxInFlightRequests: 1,
    createPartitioner: Partitioners.DefaultPartitioner,
  });
  await producer.connect();
  const { tookMs } = await timed(() => commitAll(producer, batches));
  await producer.disconnect();
  return (1_000 * batches.flat().length) / tookMs;
};

const commitAll = async (producer: Producer, batches: readonly Message[][]): Promise<void> => {
  for (const messages of batches) {
    const transaction = await beginTransaction(producer, world.timers);
    const topicMessages = [...Map.groupBy(messages, ({ topic }) => topic)].map(([topic, ofTopic]) => ({
      topic,
      messages: ofTopic.map(({ key, value, headers }) => ({ key, value, headers: { ...headers } })),
    }));
    await sendAll(transaction, topicMessages, world.timers);
    await transaction.commit();
  }
};

/** Share of a core that the process takes while the publisher has nothing to publish, its log's waiting included. */
const measureIdle = async (store: EventStore, config: KafkaSettings, seconds: number): Promise<number> => {
  const { publisher } = await started(store, config);
  const before = process.cpuUsage();
  const { tookMs } = await timed(() => delay(seconds * 1_000));
  const { user, system } = process.cpuUsage(before);
  await publisher.stop();
  return (100 * (user + system)) / (tookMs * 1_000);
};
