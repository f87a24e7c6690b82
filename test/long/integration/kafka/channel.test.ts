import { expect } from 'chai';
import { type Message, sourceOf } from '../../../../src/feed/cloud-event.ts';
import { type Channel, openChannel } from '../../../../src/publisher/channel.ts';
import { createProducer, type KafkaSettings } from '../../../../src/publisher/kafka-client.ts';
import { type PositionRecord, recordMessage } from '../../../../src/publisher/position-record.ts';
import { positionTopicOf } from '../../../../src/publisher/publisher.ts';
import type { Runtime } from '../../../../src/runtime/runtime.ts';
import { describeKafka, testBrokers } from '../../../support/kafka.ts';
import { readAll } from '../../../support/kafka-reader.ts';
import { kafkaSettings, LOG_ID, realWorld, topicsBelow } from '../../../support/publishing.ts';
import { silentLog } from '../../../support/world.ts';

describeKafka('the channel to Kafka', () => {
  let brokers: readonly string[];
  let config: KafkaSettings;
  let positionTopic: string;
  let topic: string;
  const open: Channel[] = [];
  before(async () => {
    brokers = await testBrokers();
  });
  beforeEach(() => {
    config = kafkaSettings(brokers);
    positionTopic = positionTopicOf(config.topicPrefix);
    [topic = ''] = topicsBelow(config.topicPrefix);
  });
  afterEach(async () => {
    await Promise.all(open.splice(0).map((channel) => channel.close()));
  });

  const opened = async (publisher: string, world: Runtime = realWorld): Promise<Channel> => {
    const options = { config, world, logId: LOG_ID, publisher, positionTopic, wasOurs: false };
    const channel = await openChannel(options);
    open.push(channel);
    return channel;
  };

  /** Of the event at this position in the log. Keys 1 and 2 are in different partitions. */
  const message = (position: string, key = '1'): Message => ({
    topic,
    key,
    value: `event ${position}`,
    headers: { ce_source: sourceOf(LOG_ID), ce_sequence: position },
  });

  const readBack = async (): Promise<string[]> =>
    (await readAll(brokers, [topic])).map(({ key, value }) => `${key}: ${value}`).sort();

  /** A producer that is not the channel's. */
  const otherProducer = async () => {
    const producer = createProducer(config, silentLog, { transactionalId: `other ${topic}`, onClosed: () => {} });
    await producer.connect();
    return producer;
  };

  it('shuts an older publisher out before it reads where to continue from', async () => {
    const older = await opened('older');
    await older.commit([message('1')], { position: '1' });
    const newer = await opened('newer');
    expect(newer.last).to.deep.include({ position: '1', publisher: 'older' });

    let rejection: unknown;
    await older.commit([message('2')], { position: '2' }).catch((error: unknown) => {
      rejection = error;
    });
    expect(rejection).to.be.an('error');
    await newer.commit([message('2')], { position: '2' });

    expect(await readBack()).to.deep.equal(['1: event 1', '1: event 2']);
  });

  /** As a broker leaves a transaction that it has decided, and that only one of its two partitions says so of. */
  const leaveHalf = async (record: Omit<PositionRecord, 'logId' | 'publisher'>): Promise<void> => {
    const producer = await otherProducer();
    const transaction = await producer.transaction();
    const half = message('2');
    await transaction.sendBatch({
      topicMessages: [
        { topic, messages: [{ ...half, headers: { ...half.headers } }] },
        { topic: positionTopic, messages: [recordMessage({ logId: LOG_ID, publisher: 'struck', ...record })] },
      ],
    });
    await transaction.commit();
    await producer.disconnect();
  };

  it('publishes what is missing of a transaction whose position is undecided, and not what readers have got', async () => {
    const first = await opened('first');
    await first.commit([message('1'), message('1', '2')], { position: '1' });
    await leaveHalf({ position: '1', unsure: true });

    // One dies before it publishes anything.
    await opened('next');
    const last = await opened('last');
    expect(last.last).to.deep.include({ position: '1', unsure: true });
    await last.commit([message('2'), message('2', '2'), message('3')], { position: '3' });

    const both = ['1: event 1', '1: event 2', '1: event 3', '2: event 1', '2: event 2'];
    expect(await readBack()).to.deep.equal(both);
  });

  it('goes back if messages are undecided though their position is not', async () => {
    const first = await opened('first');
    // The channel makes the topics, and waits for their leaders.
    await first.commit([message('1'), message('1', '2')], { position: '1' });
    await leaveHalf({ position: '2', after: { position: '1' }, topics: [topic] });
    const producer = await otherProducer();
    const undecided = await producer.transaction();
    await undecided.send({ topic, messages: [{ key: '2', value: 'of somebody else' }] });

    const log = { ...silentLog, warn: () => void undecided.commit() };
    const next = await opened('next', { ...realWorld, log });
    expect(next.last).to.deep.include({ position: '1', unsure: true });
    await next.commit([message('2'), message('2', '2')], { position: '2' });
    const last = await opened('last');
    expect(last.last).to.deep.include({ position: '2' }).and.not.to.have.property('unsure');

    expect(await readBack()).to.deep.equal([
      '1: event 1',
      '1: event 2',
      '2: event 1',
      '2: event 2',
      '2: of somebody else',
    ]);
    await producer.disconnect();
  });
});
