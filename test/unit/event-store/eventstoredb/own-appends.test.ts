import { expect } from 'chai';
import { createOwnAppends, type OwnEvent } from '../../../../src/event-store/eventstoredb/own-appends.ts';
import { appendOf } from '../../../contract/event-store-support.ts';

const ownOf = (id: string): OwnEvent => {
  const [event] = appendOf('jobname-1', -1, id).events;
  if (event === undefined) throw new Error('an append without events');
  return { event, id, type: event.type, data: '{}', metadata: '{}' };
};

describe('own appends', () => {
  it('are known by the ids of their events', () => {
    const own = createOwnAppends();
    const event = ownOf('a');
    own.add([event], 10);
    expect(own.get('a')).to.equal(event);
    expect(own.get('b')).to.equal(undefined);
  });

  it('are forgotten from the oldest on, by their number and by their size', () => {
    const own = createOwnAppends();
    for (let index = 0; index <= 10_000; index++) own.add([ownOf(`${index}`)], 10);
    expect([own.get('0'), own.get('1')?.id]).to.deep.equal([undefined, '1']);
    own.add([ownOf('large'), ownOf('larger')], 8 * 1_048_576);
    expect(own.get('10000')).to.equal(undefined);
    expect([own.get('large')?.id, own.get('larger')?.id]).to.deep.equal(['large', 'larger']);
  });
});
