import { expect } from 'chai';
import type { Message } from '../../../src/feed/index.ts';
import { type Channel, openChannel } from '../../../src/publisher/channel.ts';
import { positionTopicOf } from '../../../src/publisher/publisher.ts';
import { describeKafka, testBrokers } from '../../support/kafka.ts';
import { readAll } from '../../support/kafka-reader.ts';
import { kafkaSettings, LOG_ID, realWorld, topicsBelow } from '../../support/publishing.ts';

describeKafka('the channel to Kafka', () => {
  let brokers: readonly string[];
  const open: Channel[] = [];
  before(async function () {
    this.timeout(60_000);
    brokers = await testBrokers();
  });
  afterEach(async () => {
    await Promise.all(open.splice(0).map((channel) => channel.close()));
  });

  it('shuts an older publisher out before it reads where to go on from', async () => {
    const config = kafkaSettings(brokers);
    const positionTopic = positionTopicOf(config.topicPrefix);
    const opened = async (publisher: string): Promise<Channel> => {
      const channel = await openChannel({
        config,
        world: realWorld,
        logId: LOG_ID,
        publisher,
        positionTopic,
        wasOurs: false,
      });
      open.push(channel);
      return channel;
    };
    const [topic = ''] = topicsBelow(config.topicPrefix);
    const message = (value: string): Message => ({ topic, key: '1', value, headers: {} });

    const older = await opened('older');
    await older.commit([message('first')], { position: '1' });
    const newer = await opened('newer');
    expect(newer.last).to.deep.include({ position: '1', publisher: 'older' });

    let refusal: unknown;
    await older.commit([message('second')], { position: '2' }).catch((error: unknown) => {
      refusal = error;
    });
    expect(refusal).to.be.an('error');
    await newer.commit([message('second')], { position: '2' });

    expect((await readAll(brokers, [topic])).map(({ value }) => value)).to.deep.equal(['first', 'second']);
  });
});
