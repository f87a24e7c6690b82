import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { type Channel, openChannel } from '../../src/publisher/channel.ts';
import { createProducer } from '../../src/publisher/kafka-client.ts';
import { positionTopicOf } from '../../src/publisher/publisher.ts';
import { beginTransaction, sendAll } from '../../src/publisher/transactions.ts';
import { type Broker, describeKafka, startBroker } from '../support/kafka.ts';
import { readAll } from '../support/kafka-reader.ts';
import { kafkaSettings, LOG_ID, realWorld, topicsBelow } from '../support/publishing.ts';
import { recordingLog, seededRandom } from '../support/world.ts';

const ROUNDS = 3;
/** Between these a broker has usually decided a commit, and not yet written into the partitions that it is one. */
const KILL_MS = { earliest: 4, latest: 8 };
const KEYS = ['1', '2', '3', '4', '5', '6', '7', '8'];

describeKafka(
  'a broker that is killed while it ends a transaction',
  () => {
    let broker: Broker;
    before(async function () {
      this.timeout(60_000);
      broker = await startBroker();
    });
    after(() => broker?.stop());

    it('leaves nothing that is seen twice, or never', async function () {
      this.timeout(180_000);
      const seed = Date.now() % 1_000_000;
      const random = seededRandom(seed);
      const { log, lines } = recordingLog();
      const world = { ...realWorld, log };
      const settings = kafkaSettings(broker.brokers);
      const topics = topicsBelow(settings.topicPrefix);
      const positionTopic = positionTopicOf(settings.topicPrefix);
      const messagesOf = (round: number) =>
        topics.flatMap((topic) => KEYS.map((key) => ({ topic, key, value: String(round), headers: {} })));
      const open = async (publisher: string): Promise<Channel> => {
        for (;;) {
          try {
            const config = settings;
            return await openChannel({ config, world, logId: LOG_ID, publisher, positionTopic, wasOurs: false });
          } catch {
            // The broker is back, but some of its parts may not be yet.
            await sleep(100);
          }
        }
      };
      const commitUnderBlow = async (round: number): Promise<void> => {
        const onConnectionClosed = () => {};
        const producer = createProducer({ transactionalId: positionTopic, settings, log, onConnectionClosed });
        await producer.connect();
        const transaction = await beginTransaction(producer, world.timers);
        const record = JSON.stringify({ logId: LOG_ID, position: String(round), publisher: `struck ${round}` });
        const all = [
          ...topics.map((topic) => ({ topic, messages: KEYS.map((key) => ({ key, value: String(round) })) })),
          { topic: positionTopic, messages: [{ key: 'publisher', value: record, partition: 0 }] },
        ];
        await sendAll(transaction, all, world.timers);
        const committing = transaction.commit().catch(() => {});
        await sleep(KILL_MS.earliest + random.fraction() * (KILL_MS.latest - KILL_MS.earliest));
        await broker.kill();
        await committing;
        await producer.disconnect().catch(() => {});
        await broker.restart();
      };

      await (await open('first')).close();
      for (let round = 1; round <= ROUNDS; round++) {
        await commitUnderBlow(round);
        const next = await open(`next ${round}`);
        if (next.last?.position !== String(round)) await next.commit(messagesOf(round), { position: String(round) });
        await next.close();
      }

      const undecided = lines.filter(({ level }) => level === 'warn').length;
      console.log(`    ${undecided} of ${ROUNDS} commits were left undecided by the broker`);
      const seen = Map.groupBy(await readAll(broker.brokers, topics), ({ topic, key }) => `${topic} ${key}`);
      expect(seen.size).to.equal(topics.length * KEYS.length);
      const should = Array.from({ length: ROUNDS }, (_, index) => index + 1).join();
      const wrong = [...seen].flatMap(([place, messages]) => {
        const values = messages.map(({ value }) => value).join();
        return values === should ? [] : [`${place}: ${values}`];
      });
      expect({ seed, wrong }).to.deep.equal({ seed, wrong: [] });
    });
  },
  { ofItsOwn: true },
);
