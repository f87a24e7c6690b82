import { expect } from 'chai';
import { ensureLogIdentity } from '../../../../src/event-store/identity.ts';
import { sourceOf } from '../../../../src/feed/cloud-event.ts';
import { copyLog } from '../../../../src/log-copy/copy-log.ts';
import { history, STEPS } from '../../../support/histories.ts';
import { describeKafka, testBrokers } from '../../../support/kafka.ts';
import { readAll } from '../../../support/kafka-reader.ts';
import { logsToMove } from '../../../support/logs-to-move.ts';
import {
  allEvents,
  appendEntries,
  expectedMessages,
  idsByKey,
  kafkaSettings,
  startPublisher,
  stopAll,
  topicsBelow,
  realWorld as world,
} from '../../../support/publishing.ts';

const entries = history(
  [1, 2, 3].flatMap((jobId) =>
    [...STEPS, ...STEPS].filter((step) => step !== 'delete').map((step) => ({ jobId, step })),
  ),
);
const LATER = Math.floor((2 * entries.length) / 3);
/** The last event before it is followed by one of its stream, so that it can be cut. */
const FIRST =
  1 + entries.findIndex(({ stream }, index) => index > entries.length / 3 && entries[index + 1]?.stream === stream);

describeKafka('the publisher of a log that was moved', () => {
  let brokers: readonly string[];
  const { postgres, eventStoreDb, open, start, close } = logsToMove('moved_');

  before(async () => {
    brokers = await testBrokers();
    await start();
  });
  after(async () => {
    await stopAll();
    await close();
  });

  it('continues where the original was left, though its last event is cut, and from then on in its own log', async () => {
    const config = kafkaSettings(brokers);
    const source = open(postgres);
    const sourceId = await ensureLogIdentity(source, world);
    await appendEntries(source, entries.slice(0, FIRST));
    const first = startPublisher({ store: source, config, logId: sourceId });
    await first.caughtUp();
    await first.stop();

    const published = await allEvents(source);
    const last = published.at(-1);
    await appendEntries(source, entries.slice(FIRST, LATER));
    await source.truncateBefore(last?.stream ?? '', (last?.revision ?? 0) + 1);
    expect(await source.readAt(last?.position ?? '')).to.equal(undefined);
    const { logId } = await copyLog({ from: postgres, to: eventStoreDb, world, verify: true });

    const copy = open(eventStoreDb);
    const unpublished = (await allEvents(source)).filter(({ position }) => position > (last?.position ?? ''));
    const second = startPublisher({ store: copy, config, logId });
    await second.caughtUp();
    await second.stop();
    const middle = (await allEvents(copy)).at(-1);
    await appendEntries(copy, entries.slice(LATER));
    const third = startPublisher({ store: copy, config, logId });
    await third.caughtUp();
    await third.stop();

    const later = (await allEvents(copy)).filter(({ position }) => position > (middle?.position ?? ''));
    const found = await readAll(brokers, topicsBelow(config.topicPrefix));
    const expected = expectedMessages([...published, ...unpublished, ...later], config.topicPrefix);
    expect(idsByKey(found)).to.deep.equal(idsByKey(expected));

    const idsOf = (events: readonly { readonly id: string }[]) => new Set(events.map(({ id }) => id));
    const before = idsOf(published);
    for (const { headers } of found) {
      expect(headers.ce_source).to.equal(sourceOf(before.has(headers.ce_id ?? '') ? sourceId : logId));
    }
    const original = startPublisher({ store: source, config, logId: sourceId });
    expect(await original.become('rejected')).to.contain(`has read log ${logId}, but this is log ${sourceId}`);
  });
});
