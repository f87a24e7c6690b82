import { expect } from 'chai';
import { type EventStore, positionOf, type RecordedEvent } from '../../../src/event-store/port.ts';
import { createFeedNames } from '../../../src/feed/topics.ts';
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
