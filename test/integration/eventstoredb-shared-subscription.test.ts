import { expect } from 'chai';
import type { Codec } from '../../src/event-store/codec.ts';
import type { EventStore, ReadTextEvent, RecordedEvent, SubscribeOptions } from '../../src/event-store/port.ts';
import { type FakeLog, fakeEventStoreDbLog, until } from '../contract/event-store-eventstoredb-log.ts';
import {
  appendOf,
  begin,
  contractCodec,
  eventsIn,
  namesOf,
  type Reader,
  read,
} from '../contract/event-store-support.ts';

/** What the roles of a process ask for. */
const ROLES: readonly Omit<SubscribeOptions<'events' | 'both'>, 'signal'>[] = [
  { streamPrefixes: ['job-', 'runs-'] },
  { streamPrefixes: ['runs-', 'app-'], as: 'both' },
  {},
];

describe('one subscription of a process to EventStoreDB', () => {
  let log: FakeLog;
  let store: EventStore;
  let decodes: number;
  let readers: Reader<RecordedEvent | ReadTextEvent>[];
  beforeEach(async () => {
    log = await fakeEventStoreDbLog();
    decodes = 0;
    const counting: Codec = {
      ...contractCodec,
      decode: (stored) => {
        decodes += 1;
        return contractCodec.decode(stored);
      },
    };
    store = log.open({ codec: counting });
    await begin(store, 'job-1', 'a');
    readers = ROLES.map((role) => read(store, role));
    await Promise.all(readers.map((reader) => reader.until('caughtUp')));
    await until(() => log.server.openSubscriptions() === 1);
  });
  afterEach(async () => {
    await Promise.all(readers.map((reader) => reader.stop()));
    await until(() => log.server.openSubscriptions() === 0);
    await store.close();
    await log.remove();
  });

  const heard = (count: number) => Promise.all(readers.map(async (reader) => namesOf(await reader.events(count))));

  it('has each event come over the wire and decoded once, however many follow', async () => {
    decodes = 0;
    await begin(store, 'runs-1', 'b', 'c');
    expect(await heard(2)).to.deep.equal([
      ['b', 'c'],
      [undefined, undefined],
      ['b', 'c'],
    ]);
    expect(decodes).to.equal(2);
    expect(log.server.counts.subscribe).to.equal(ROLES.length);
  });

  it('lets one that begins later catch up by itself, then follow with the others', async () => {
    const late = read(store);
    readers.push(late);
    expect(namesOf(eventsIn(await late.until('caughtUp')))).to.deep.equal(['a']);
    await until(() => log.server.openSubscriptions() === 1);
    await begin(store, 'runs-1', 'b');
    expect((await heard(1)).at(-1)).to.deep.equal(['b']);
  });

  it('has one that fell behind the tail catch up by itself, and then follow again', async () => {
    const [slow, ...quick] = readers;
    const big = 'x'.repeat(500_000);
    for (let index = 0; index < 24; index++) {
      await begin(store, `runs-${index}`, big);
      await Promise.all(quick.map((reader) => reader.events(1)));
    }
    expect(log.server.counts.subscribe).to.equal(ROLES.length);
    expect(await slow?.events(24)).to.have.length(24);
    expect(log.server.counts.subscribe).to.equal(ROLES.length + 1);
    await slow?.until('caughtUp');
    await until(() => log.server.openSubscriptions() === 1);
  });

  it('continues where it was when the connection of all is cut, and when its first reader leaves', async () => {
    log.server.dropStreams();
    await begin(store, 'runs-1', 'b');
    expect(await heard(1)).to.have.length(ROLES.length);
    await readers.shift()?.stop();
    await store.append(appendOf('runs-1', 0, 'c'));
    expect((await heard(1)).at(-1)).to.deep.equal(['c']);
    expect(log.server.openSubscriptions()).to.equal(1);
  });
});
