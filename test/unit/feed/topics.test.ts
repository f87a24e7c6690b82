import { expect } from 'chai';
import fc from 'fast-check';
import { type EventStore, positionOf, type RecordedEvent } from '../../../src/event-store/port.ts';
import { commonName, createFeedNames, isPerTenant, isPublishedTopic, topicName } from '../../../src/feed/topics.ts';
import { history, metadata } from '../../support/histories.ts';
import { stub } from '../../support/stub.ts';

/** A job that is made, called and renamed, as a log has it. */
const recorded = (): readonly RecordedEvent[] =>
  history([
    { jobId: 1, step: 'claim' },
    { jobId: 1, step: 'edit' },
    { jobId: 1, step: 'succeed' },
  ]).map(({ stream, event }, place) => ({
    ...event,
    ...{ id: `e-${place}`, stream, revision: place, position: positionOf(place), recordedAt: place, metadata },
  }));

describe('the names beside the ids of events', () => {
  const requested: (readonly string[])[] = [];
  const namesOf = (events: readonly RecordedEvent[]) =>
    createFeedNames(
      stub<EventStore>({
        readLast: async (streams) => {
          requested.push(streams);
          return streams.map((stream) => events.findLast((event) => event.stream === stream));
        },
      }),
    );
  beforeEach(() => requested.splice(0));

  it('are those of earlier events, without a read of the log', async () => {
    const events = recorded();
    const names = namesOf(events);
    await names.learn(events);
    const told = events.map((event) => [event.type, names.of(event)] as const);
    expect(requested).to.deep.equal([]);
    const jobNames = told.filter(([type]) => /^Execution/.test(type)).map(([, { jobName }]) => jobName);
    expect(jobNames[0]).to.equal('job 1');
    expect(jobNames.at(-1)).to.match(/^name at /);
    expect(told.at(-1)?.[1].applicationName).to.equal('app-2');
  });

  it('are read from the log if no earlier event has them', async () => {
    const events = recorded();
    const runs = events.filter(({ stream }) => stream === 'runs-1');
    const names = namesOf(events);
    await names.learn(runs);
    await names.learn(runs);
    expect(requested).to.deep.equal([['job-1', 'app-2']]);
    expect(names.of(runs[0] ?? expect.fail('no run'))).to.deep.include({ applicationName: 'app-2' });
    const nameless = namesOf([]);
    await nameless.learn(runs);
    expect(nameless.of(runs[0] ?? expect.fail('no run'))).to.deep.equal({});
  });
});

describe("topics' names", () => {
  it('have the prefix as it is, and the tenant if the prefix reports it', () => {
    expect(topicName('prod.', 'acme', 'scheduler.job.created')).to.equal('prod.scheduler.job.created');
    expect(topicName('{tenant}.', 'acme', 'scheduler.job.created')).to.equal('acme.scheduler.job.created');
    expect(commonName('{tenant}.', 'position')).to.equal('position');
    expect(commonName('prod.{tenant}.', 'position')).to.equal('prod.position');
    expect([isPerTenant('{tenant}.'), isPerTenant('prod.')]).to.deep.equal([true, false]);
  });

  it('are distinguished from all others', () => {
    const ours = (prefix: string) =>
      [
        'prod.scheduler.job.created',
        'prod.acme.scheduler.job.state',
        'prod.scheduler.publisher.position',
        'orders',
      ].filter((name) => isPublishedTopic(name, prefix));
    expect(ours('prod.')).to.deep.equal(['prod.scheduler.job.created']);
    expect(ours('prod.{tenant}.')).to.deep.equal(['prod.acme.scheduler.job.state']);
  });
  it('are legal for any tenant and unlike for two', () => {
    const tenants = fc.uniqueArray(fc.string({ minLength: 1, maxLength: 200, unit: 'binary' }), {
      minLength: 2,
      maxLength: 2,
    });
    fc.assert(
      fc.property(tenants, (both) => {
        const names = both.map((tenant) => topicName('{tenant}.', tenant, 'scheduler.job.execution.succeeded'));
        for (const name of names) expect(name).to.match(/^[A-Za-z0-9._-]{1,249}$/);
        expect(names[0]).not.to.equal(names[1]);
      }),
    );
    expect(topicName('{tenant}', '$&', '')).to.equal('_24_26');
  });
});
