import { expect } from 'chai';
import { LOG_START } from '../../../src/event-store/port.ts';
import { sourceOf, toCloudEvent } from '../../../src/feed/cloud-event.ts';
import type { PublishedPosition } from '../../../src/publisher/position-record.ts';
import { publishLog } from '../../../src/publisher/publish.ts';
import { contractCodec } from '../../contract/event-store-support.ts';
import { history, type Step } from '../../support/histories.ts';
import { createMemoryLog } from '../../support/memory-log.ts';
import { createMemoryEventStore } from '../../support/memory-store.ts';
import { appendEntries, LOG_ID, realWorld } from '../../support/publishing.ts';
import { spoil } from '../../support/spoiled.ts';

const steps = (jobId: number): Step[] => [
  { jobId, step: 'claim' },
  { jobId, step: 'succeed' },
];

describe('publishing', () => {
  it('continues after events that can not be read, also if one is the last', async () => {
    const log = createMemoryLog({ now: () => 0 });
    const store = createMemoryEventStore({ codec: contractCodec, now: () => 0, log });
    await appendEntries(store, history(steps(1)));
    spoil(log, 'runs-1');
    await appendEntries(store, history(steps(2)));
    spoil(log, 'runs-2');

    const keys = new Set<string>();
    const reached: PublishedPosition[] = [];
    let published = 0;
    await publishLog({
      store,
      world: realWorld,
      channel: {
        last: undefined,
        commit: async (messages, to) => {
          for (const { key } of messages) keys.add(key);
          reached.push(to);
        },
        close: async () => {},
      },
      topicPrefix: '',
      from: { position: LOG_START },
      until: log.end() ?? LOG_START,
      cloudEventOf: (event, names) => toCloudEvent(event, sourceOf(LOG_ID), names),
      progress: { published: ({ events }) => (published += events), caughtUp: () => {}, reached: () => {} },
      hasUrgentWork: () => false,
      signal: new AbortController().signal,
    });
    expect([...keys]).to.deep.equal(['1', '2']);
    expect(published).to.equal(6);
    expect(reached.at(-1)?.position).to.equal(log.streamEvents('runs-2').at(-2)?.position);
  });
});
