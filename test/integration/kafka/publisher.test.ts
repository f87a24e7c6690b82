import { expect } from 'chai';
import { createMemoryEventStore } from '../../../src/event-store/memory.ts';
import { createMemoryLog, type MemoryLog } from '../../../src/event-store/memory-log.ts';
import { contractCodec } from '../../contract/event-store-support.ts';
import { history, type Step } from '../../support/histories.ts';
import { describeKafka, testBrokers } from '../../support/kafka.ts';
import { readAll, readTopics } from '../../support/kafka-reader.ts';
import {
  allEvents,
  appendEntries,
  expectedMessages,
  idsByKey,
  kafkaSettings,
  startPublisher,
  topicsBelow,
} from '../../support/publishing.ts';

const steps = (jobId: number, ...all: Step['step'][]): Step[] => all.map((step) => ({ jobId, step }));
const story = (...jobIds: number[]) =>
  history(jobIds.flatMap((jobId) => steps(jobId, 'claim', 'succeed', 'edit', 'switch', 'request', 'start', 'fail')));

const now = () => Date.now();
const memoryStore = (log: MemoryLog = createMemoryLog({ now })) =>
  createMemoryEventStore({ codec: contractCodec, now, log });

describeKafka('the publisher', () => {
  let brokers: readonly string[];
  before(async function () {
    this.timeout(60_000);
    brokers = await testBrokers();
  });

  it('publishes each event of a log once, in order for each job, and goes on after a restart', async () => {
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
});
