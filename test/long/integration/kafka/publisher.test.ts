import { expect } from 'chai';
import type { EventStore, RecordedEvent } from '../../../../src/event-store/port.ts';
import { publishedAhead } from '../../../../src/publisher/publisher.ts';
import { type RepublishStart, republish } from '../../../../src/publisher/republish.ts';
import { contractCodec } from '../../../contract/event-store-support.ts';
import { history, type Step } from '../../../support/histories.ts';
import { describeKafka, testBrokers } from '../../../support/kafka.ts';
import { readAll, readTopics } from '../../../support/kafka-reader.ts';
import { createMemoryLog, type MemoryLog } from '../../../support/memory-log.ts';
import { createMemoryEventStore } from '../../../support/memory-store.ts';
import {
  allEvents,
  appendEntries,
  expectedMessages,
  freshPrefix,
  idsByKey,
  kafkaSettings,
  LOG_ID,
  realWorld,
  startPublisher,
  stopAll,
  topicsBelow,
} from '../../../support/publishing.ts';

const steps = (jobId: number, ...all: Step['step'][]): Step[] => all.map((step) => ({ jobId, step }));
const story = (...jobIds: number[]) =>
  history(jobIds.flatMap((jobId) => steps(jobId, 'claim', 'succeed', 'edit', 'switch', 'request', 'start', 'fail')));

const now = () => Date.now();
const memoryStore = (log: MemoryLog = createMemoryLog({ now })) =>
  createMemoryEventStore({ codec: contractCodec, now, log });

describeKafka('the publisher', () => {
  let brokers: readonly string[];
  before(async () => {
    brokers = await testBrokers();
  });

  afterEach(stopAll);

  it('publishes each event of a log once, in order for each job, and continues after a restart', async () => {
    const store = memoryStore();
    const config = kafkaSettings(brokers);
    await appendEntries(store, story(1, 2, 3));
    const first = startPublisher({ store, config });
    await first.become('publishing');
    const reader = await readTopics(brokers, topicsBelow(config.topicPrefix));
    const early = expectedMessages(await allEvents(store), config.topicPrefix).length;
    await reader.until((messages) => messages.length >= early);
    await first.stop();

    await appendEntries(store, story(4, 5));
    const second = startPublisher({ store, config });
    const expected = expectedMessages(await allEvents(store), config.topicPrefix);
    await reader.until((messages) => messages.length >= expected.length);
    await second.stop();
    await reader.stop();
    expect(idsByKey(await readAll(brokers, topicsBelow(config.topicPrefix)))).to.deep.equal(idsByKey(expected));
    expect(first.status().publishedMessages + second.status().publishedMessages).to.equal(expected.length);
  });

  it('starts with the next event if configured, and continues from there after a restart', async () => {
    const store = memoryStore();
    const config = kafkaSettings(brokers, { start: 'now' });
    await appendEntries(store, story(1));
    const before = await allEvents(store);
    const first = startPublisher({ store, config });
    await first.become('publishing');
    await first.stop();
    await appendEntries(store, story(2));
    const second = startPublisher({ store, config });
    const expected = expectedMessages((await allEvents(store)).slice(before.length), config.topicPrefix);
    const reader = await readTopics(brokers, topicsBelow(config.topicPrefix));
    await reader.until((messages) => messages.length >= expected.length);
    await Promise.all([second.stop(), reader.stop()]);
    expect(idsByKey(reader.messages)).to.deep.equal(idsByKey(expected));
  });

  it('leaves alone what another log has published, and states what to do', async () => {
    const config = kafkaSettings(brokers);
    const first = startPublisher({ store: memoryStore(), config });
    await first.become('publishing');
    await first.stop();
    const other = startPublisher({ store: memoryStore(), config, logId: '9d3f5b7e-0000-4000-8000-000000000000' });
    const why = await other.become('rejected');
    await other.stop();
    expect(why).to.match(/has read log 5b0c8a52.*this is log 9d3f5b7e.*empty it/);
    expect(why).to.contain(`${config.topicPrefix}scheduler.publisher.position`);
  });

  it('rejects a log that was set back behind what is published', async () => {
    const config = kafkaSettings(brokers);
    const store = memoryStore();
    await appendEntries(store, story(1));
    const first = startPublisher({ store, config });
    await first.caughtUp();
    await first.stop();
    const setBack = memoryStore();
    await appendEntries(setBack, story(1).slice(0, 3));
    const second = startPublisher({ store: setBack, config });
    expect(await second.become('rejected')).to.match(/restored to an earlier state/);
    await second.stop();
    const tellIn = (log: EventStore) => publishedAhead({ store: log, logId: LOG_ID, config, world: realWorld });
    expect(await tellIn(setBack)).to.match(/restored to an earlier state/);
    expect(await tellIn(store)).to.equal(undefined);
  });

  it('is on standby after another publisher has taken over', async () => {
    const store = memoryStore();
    const config = kafkaSettings(brokers);
    await appendEntries(store, story(1));
    const older = startPublisher({ store, config });
    await older.become('publishing');
    const newer = startPublisher({ store, config });
    await newer.become('publishing');
    await appendEntries(store, story(2));
    expect(await older.become('standby')).to.match(/another publisher has taken over/);
    await appendEntries(store, story(3));
    const expected = expectedMessages(await allEvents(store), config.topicPrefix);
    const reader = await readTopics(brokers, topicsBelow(config.topicPrefix));
    await reader.until((messages) => messages.length >= expected.length);
    expect(newer.status().state).to.equal('publishing');
    await Promise.all([older.stop(), newer.stop(), reader.stop()]);
    expect(idsByKey(reader.messages)).to.deep.equal(idsByKey(expected));
  });

  it('states which topics are missing if they can not be created', async () => {
    const config = kafkaSettings(brokers, { replication: 100 });
    const publisher = startPublisher({ store: memoryStore(), config });
    const why = await publisher.become('retrying');
    await publisher.stop();
    expect(why).to.contain(`${config.topicPrefix}scheduler.job.created`);
    expect(why).to.match(/with 3 partitions and 100 replicas failed .*KAFKA_REPLICATION/);
  });

  it('keeps each tenant in its own topics', async () => {
    const store = memoryStore();
    const prefix = freshPrefix();
    const config = kafkaSettings(brokers, { topicPrefix: `${prefix}{tenant}.` });
    await appendEntries(store, story(1, 2));
    const publisher = startPublisher({ store, config });
    const expected = expectedMessages(await allEvents(store), config.topicPrefix);
    await publisher.caughtUp();
    const [acme, globex] = [topicsBelow(config.topicPrefix, 'acme'), topicsBelow(config.topicPrefix, 'globex')];
    const reader = await readTopics(brokers, [...acme, ...globex]);
    await reader.until((messages) => messages.length >= expected.length);
    await Promise.all([publisher.stop(), reader.stop()]);
    expect(idsByKey(reader.messages)).to.deep.equal(idsByKey(expected));
    expect(
      reader.messages.filter(({ topic }) => globex.includes(topic)).map(({ headers }) => headers.ce_tenant),
    ).to.satisfy((tenants: string[]) => tenants.length > 0 && tenants.every((tenant) => tenant === 'globex'));
  });

  it('publishes again below another prefix, from a place or an instant on', async () => {
    const store = memoryStore();
    const config = kafkaSettings(brokers);
    await appendEntries(store, story(1, 2));
    const events = await allEvents(store);
    const middle = events.slice(Math.floor(events.length / 2));
    const again = (topicPrefix: string, from: RepublishStart) =>
      republish({
        store,
        logId: LOG_ID,
        world: realWorld,
        config,
        from,
        topicPrefix,
        signal: new AbortController().signal,
      });
    const [first] = middle;
    const ofPlace = await again('place.', { position: first?.position ?? '' });
    const ofAll = await again('all.', { instantMs: 0 });
    const twice = await again('all.', { instantMs: 0 });
    const expected = (some: readonly RecordedEvent[], prefix: string) =>
      expectedMessages(some, prefix + config.topicPrefix);
    const found = await readAll(brokers, topicsBelow(`place.${config.topicPrefix}`));
    expect(idsByKey(found)).to.deep.equal(idsByKey(expected(middle, 'place.')));
    expect(ofPlace.messages).to.equal(found.length);
    const all = expected(events, 'all.');
    const replayed = await readAll(brokers, topicsBelow(`all.${config.topicPrefix}`));
    expect(idsByKey(replayed)).to.deep.equal(idsByKey([...all, ...all]));
    expect([ofAll.messages, twice.messages]).to.deep.equal([all.length, all.length]);
    const rejected = await again('', { instantMs: 0 }).catch((error: unknown) => error);
    expect(rejected).to.have.property('code', 'REPUBLISH_REJECTED');
  });
});
