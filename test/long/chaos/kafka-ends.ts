import { setTimeout as sleep } from 'node:timers/promises';
import { type Message, sourceOf } from '../../../src/feed/cloud-event.ts';
import { type Channel, openChannel } from '../../../src/publisher/channel.ts';
import { createProducer } from '../../../src/publisher/kafka-client.ts';
import { beginTransaction, sendAll } from '../../../src/publisher/kafka-requests.ts';
import { type PositionRecord, recordMessage } from '../../../src/publisher/position-record.ts';
import { positionTopicOf } from '../../../src/publisher/publisher.ts';
import type { Broker } from '../../support/kafka-broker.ts';
import { readAll } from '../../support/kafka-reader.ts';
import { kafkaSettings, LOG_ID, realWorld, topicsBelow } from '../../support/publishing.ts';
import { recordingLog } from '../../support/world.ts';

const KEYS = ['1', '2', '3', '4', '5', '6', '7', '8'];

const headersAt = (position: string) => ({ ce_source: sourceOf(LOG_ID), ce_sequence: position });

export type EndsUnderBlows = {
  /** Commits that the broker had decided, and whose partitions did not say so when it came back. */
  readonly undecided: number;
  /** Places (topic and key) that do not hold the message of each round once, in order. */
  readonly wrong: readonly string[];
};

/** Kills the broker in each round while it ends a transaction, and publishes on as a publisher does. */
export const endUnderBlows = async (broker: Broker, rounds: number): Promise<EndsUnderBlows> => {
  const { log, lines } = recordingLog();
  const world = { ...realWorld, log };
  const settings = kafkaSettings(broker.brokers);
  const topics = topicsBelow(settings.topicPrefix);
  const positionTopic = positionTopicOf(settings.topicPrefix);

  const open = async (publisher: string): Promise<Channel> => {
    for (;;) {
      try {
        return await openChannel({ config: settings, world, logId: LOG_ID, publisher, positionTopic, wasOurs: false });
      } catch {
        // The broker is back, but some of its parts may not be yet.
        await sleep(100);
      }
    }
  };

  const messagesOf = (round: number): Message[] =>
    topics.flatMap((topic) =>
      KEYS.map((key) => ({ topic, key, value: String(round), headers: headersAt(String(round)) })),
    );

  const commitUnderBlow = async (round: number): Promise<void> => {
    const producer = createProducer(settings, log, { transactionalId: positionTopic, onClosed: () => {} });
    await producer.connect();
    const transaction = await beginTransaction(producer, world.timers);
    const record: PositionRecord = {
      ...{ logId: LOG_ID, position: String(round), publisher: `struck ${round}` },
      ...{ after: { position: String(round - 1) }, topics },
    };
    const all = [
      ...topics.map((topic) => ({ topic, messages: messagesOf(round).filter((each) => each.topic === topic) })),
      { topic: positionTopic, messages: [recordMessage(record)] },
    ];
    await sendAll(transaction, all, world.timers);
    // It answers as soon as it has decided, and may not have written into the partitions yet that it has.
    await transaction.commit();
    await broker.kill();
    await producer.disconnect().catch(() => {});
    await broker.restart();
  };

  const first = await open('first');
  await first.commit([], { position: '0' });
  await first.close();
  for (let round = 1; round <= rounds; round++) {
    await commitUnderBlow(round);
    const next = await open(`next ${round}`);
    if (next.last?.position !== String(round)) {
      await next.commit(messagesOf(round), { position: String(round) });
    }
    await next.close();
  }

  const seen = Map.groupBy(await readAll(broker.brokers, topics), ({ topic, key }) => `${topic} ${key}`);
  const should = Array.from({ length: rounds }, (_, index) => index + 1).join();
  const wrong = topics
    .flatMap((topic) => KEYS.map((key) => `${topic} ${key}`))
    .flatMap((place) => {
      const values = (seen.get(place) ?? []).map(({ value }) => value).join();
      return values === should ? [] : [`${place}: ${values}`];
    });
  return { undecided: lines.filter(({ level }) => level === 'warn').length, wrong };
};
