import { createPostgresEventStore } from '../../../src/event-store/postgres/store.ts';
import { nodeRuntime } from '../../../src/runtime/node-runtime.ts';
import { codec } from '../../support/codec.ts';
import type { Broker } from '../../support/kafka-broker.ts';
import { type ReadMessage, readAll } from '../../support/kafka-reader.ts';
import { allEvents, expectedMessages, idsByKey, LOG_ID, topicsBelow } from '../../support/publishing.ts';
import { seededRandom, silentLog } from '../../support/world.ts';
import { load, storiesOf } from './load.ts';
import { hasReached, isState, type PublisherChild, startPublisherChild } from './publisher-child.ts';

export const BLOWS = ['kill the publisher', 'kill the broker', 'start another publisher'] as const;
export type Blow = (typeof BLOWS)[number];

export type TortureOptions = {
  /** Of the load and of the moments of the blows. */
  readonly seed: number;
  readonly broker: Broker;
  readonly databaseUrl: string;
  readonly topicPrefix: string;
  /** In this order; each while events are being appended. */
  readonly blows: Iterable<Blow>;
  readonly jobsABlow: number;
};

export type Tally = {
  readonly seed: number;
  readonly blows: Readonly<Record<Blow, number>>;
  readonly events: number;
  readonly expected: number;
  readonly found: number;
  /** Places (topic and job) where messages are missing, twice, or out of order. */
  readonly wrong: readonly string[];
};

/** Appends under blows, then holds all that committed readers see against the log. */
export const torture = async (
  options: TortureOptions,
): Promise<Tally & { readonly messages: readonly ReadMessage[] }> => {
  const { seed, broker, databaseUrl: url, topicPrefix, jobsABlow } = options;
  const random = seededRandom(seed);
  const store = createPostgresEventStore({
    connection: { connectionString: url },
    codec,
    world: nodeRuntime(silentLog),
  });
  const startChild = () => startPublisherChild({ url, brokers: broker.brokers, topicPrefix, logId: LOG_ID });
  const blows: Record<Blow, number> = { 'kill the publisher': 0, 'kill the broker': 0, 'start another publisher': 0 };
  let child = startChild();
  let nextJob = 1;

  const strike: Record<Blow, () => Promise<void>> = {
    'kill the publisher': async () => {
      await child.kill();
      child = startChild();
    },
    'kill the broker': async () => {
      await broker.kill();
      await broker.restart();
    },
    'start another publisher': async () => {
      await child.said(isState('publishing'));
      const older = child;
      child = startChild();
      await child.said(isState('publishing'));
      await older.kill();
    },
  };

  try {
    for (const blow of options.blows) {
      const jobIds = Array.from({ length: jobsABlow }, () => nextJob++);
      const streams = storiesOf(jobIds, random);
      const at = Math.floor(random.fraction() * streams.flat().length);
      await midway(load, { store, streams, at, then: strike[blow] });
      blows[blow] += 1;
    }
    await settled(child, (await store.end()) ?? '');
    await child.stop();
    const events = await allEvents(store);
    const expected = expectedMessages(events, topicPrefix);
    const messages = await readAll(broker.brokers, topicsBelow(topicPrefix));
    const wrong = differing(idsByKey(expected), idsByKey(messages));
    return { seed, blows, events: events.length, expected: expected.length, found: messages.length, wrong, messages };
  } finally {
    await child.kill();
    await store.close();
  }
};

const settled = (child: PublisherChild, end: string): Promise<void> => child.said(hasReached(end));

type Midway = {
  readonly store: Parameters<typeof load>[0];
  readonly streams: Parameters<typeof load>[1];
  /** Events appended before the blow. */
  readonly at: number;
  readonly then: () => Promise<void>;
};

const midway = async (run: typeof load, { store, streams, at, then }: Midway): Promise<void> => {
  const reached = Promise.withResolvers<void>();
  let appended = 0;
  const loading = run(store, streams, () => {
    if (appended++ === at) reached.resolve();
  });
  await Promise.all([loading, Promise.race([reached.promise, loading]).then(then)]);
};

const differing = (expected: Record<string, string[]>, found: Record<string, string[]>): string[] =>
  [...new Set([...Object.keys(expected), ...Object.keys(found)])].filter(
    (place) => JSON.stringify(expected[place]) !== JSON.stringify(found[place]),
  );
