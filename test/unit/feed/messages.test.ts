import { expect } from 'chai';
import { CloudEvent, Kafka } from 'cloudevents';
import fc from 'fast-check';
import { sourceOf, toCloudEvent, toMessages, toStructured } from '../../../src/feed/index.ts';
import { anyHistory, history, recorded } from '../../support/histories.ts';

const SOURCE = sourceOf('0b8f2f0e-9f0c-4a37-9a5a-0f1d7b1f7d11');
const messagesOf = (entries: Parameters<typeof recorded>[0]) =>
  recorded(entries).flatMap((event) => {
    const cloudEvent = toCloudEvent(event, SOURCE);
    return cloudEvent === undefined ? [] : toMessages(cloudEvent, '');
  });
const topicsOf = (type: string, messages: ReturnType<typeof messagesOf>) =>
  messages.filter(({ headers }) => headers.ce_type === type).map(({ topic }) => topic);

describe('messages of the feed', () => {
  it('are CloudEvents to a library that we did not write, whatever happened', () => {
    fc.assert(
      fc.property(anyHistory(3), (entries) => {
        for (const { headers, value, topic } of messagesOf(entries)) {
          const message = { headers, body: value ?? '{}', value: value ?? '{}' };
          const [read] = [Kafka.toEvent(message)].flat();
          expect(read).to.be.instanceOf(CloudEvent);
          expect(read?.source).to.equal(SOURCE);
          expect(topic).to.match(/^scheduler\.job\./);
        }
      }),
      { numRuns: 50 },
    );
  });

  it('have only attributes that the specification allows', () => {
    fc.assert(
      fc.property(anyHistory(2), (entries) => {
        for (const event of recorded(entries)) {
          const told = toCloudEvent(event, SOURCE);
          // The library's constructor refuses what is no CloudEvent.
          if (told !== undefined) expect(new CloudEvent(toStructured(told)).id).to.equal(event.id);
        }
      }),
      { numRuns: 50 },
    );
  });

  it('tell all of a job in order on one topic, and keep what is internal to themselves', () => {
    fc.assert(
      fc.property(anyHistory(3), (entries) => {
        const all = messagesOf(entries).filter(({ topic }) => topic === 'scheduler.job.events');
        const sequences = all.map(({ headers }) => headers.ce_sequence ?? '');
        expect(sequences).to.deep.equal([...sequences].sort());
        expect(new Set(all.map(({ headers }) => headers.ce_id)).size).to.equal(all.length);
        for (const { value } of all) {
          expect(JSON.parse(value ?? '{}')).not.to.have.property('tail');
          expect(value).not.to.contain('$sealed');
        }
      }),
      { numRuns: 50 },
    );
  });

  it('go where readers look for them', () => {
    const steps = ['edit', 'switch', 'claim', 'succeed', 'request', 'cancel', 'delete'] as const;
    const messages = messagesOf(history(steps.map((step) => ({ jobId: 1, step }))));
    expect(topicsOf('scheduler.job.created', messages)).to.have.members([
      'scheduler.job.created',
      'scheduler.job.events',
      'scheduler.job.state',
    ]);
    expect(topicsOf('scheduler.job.execution.started', messages)).to.have.members([
      'scheduler.job.execution.started',
      'scheduler.job.events',
    ]);
    expect(topicsOf('scheduler.job.execution.cancelled', messages)).to.have.members([
      'scheduler.job.execution.failed',
      'scheduler.job.events',
    ]);
    for (const type of ['scheduler.job.enabled', 'scheduler.job.disabled']) {
      const topics = topicsOf(type, messages);
      if (topics.length > 0) expect(topics).to.include('scheduler.job.updated');
    }
    const tombstones = messages.filter(({ value }) => value === null);
    expect(tombstones.map(({ topic, key }) => [topic, key])).to.deep.equal([['scheduler.job.state', '1']]);
  });
});
