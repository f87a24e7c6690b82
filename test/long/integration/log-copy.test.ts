import { expect } from 'chai';
import { type Codec, createCodec } from '../../../src/event-store/codec.ts';
import { StreamParked } from '../../../src/event-store/errors.ts';
import { createEventStoreDbStore } from '../../../src/event-store/eventstoredb/store.ts';
import { ensureLogIdentity } from '../../../src/event-store/identity.ts';
import { type EventStore, NO_STREAM, type RecordedEvent } from '../../../src/event-store/port.ts';
import { lastEventOf } from '../../../src/event-store/read-log.ts';
import { copyLog } from '../../../src/log-copy/copy-log.ts';
import { LogCopyFailed } from '../../../src/log-copy/visible-events.ts';
import {
  all,
  appendOf,
  appendRaw,
  begin,
  contractCodec,
  eventsIn,
  namesOf,
  read,
  rejection,
} from '../../contract/event-store-support.ts';
import { codec } from '../../support/codec.ts';
import { asAnn, commandsOver } from '../../support/engines.ts';
import { startFakeEventStoreDb } from '../../support/eventstoredb/server.ts';
import { logsToMove } from '../../support/logs-to-move.ts';
import { realWorld as world } from '../../support/publishing.ts';

const JOBS = 120;

describe('log copy', () => {
  const { postgres, eventStoreDb, open, server, start, close } = logsToMove('copy_');

  beforeEach(start);
  afterEach(close);

  /** A log with a past: cut streams, a rewrapped and an erased key, an event of a newer release. */
  const fill = async (store: EventStore): Promise<string> => {
    const logId = await ensureLogIdentity(store, world);
    for (let job = 1; job <= JOBS; job++) {
      await begin(store, `job-${job}`, `made ${job}`);
      await begin(store, `runs-${job}`, 'one', 'two', 'three');
      await store.append(appendOf(`runs-${job}`, 2, 'four'));
    }
    await store.truncateBefore('runs-1', 3);
    await store.truncateBefore('runs-2', 1);
    for (const generation of [1, 2]) {
      await begin(store, `keys-7-${generation}`, 'wrapped');
      await store.keepLast(`keys-7-${generation}`);
      await store.append(appendOf(`keys-7-${generation}`, 0, 'wrapped again'));
    }
    await store.deleteStream('keys-7-1');
    const newer = open(postgres, {
      ...contractCodec,
      encode: (event) => ({ ...contractCodec.encode(event), type: 'Tomorrow' }),
    });
    await begin(newer, 'job-999', 'unknown');
    const raw = { open: ({ codec = contractCodec } = {}) => open(postgres, codec) };
    const sealed = '{"$sealed":{"generation":1';
    await appendRaw(raw, { stream: 'job-1000', expectedRevision: NO_STREAM, data: sealed });
    await appendRaw(raw, { stream: 'job-1001', expectedRevision: NO_STREAM, metadata: '{' });
    return logId;
  };

  const eventsOf = async (store: EventStore): Promise<RecordedEvent[]> => {
    const reader = read(store);
    const events = eventsIn(await reader.until('caughtUp'));
    await reader.stop();
    return events;
  };

  it('keeps ids, revisions, times and order, cuts what was cut and erases what was erased', async () => {
    const source = open(postgres);
    const logId = await fill(source);
    let appends = 0;
    const counted = (codec: Codec): EventStore => {
      const store = eventStoreDb(codec);
      return { ...store, append: (append) => store.append(append).finally(() => appends++) };
    };
    const copied = await copyLog({ from: postgres, to: counted, world, verify: true });
    expect(appends).to.be.below(copied.copied);
    expect(copied.copyOf).to.equal(logId);
    expect(copied.logId).to.not.equal(logId);
    expect(copied.verified).to.equal(copied.copied);

    const copy = open(eventStoreDb);
    const unreadable = await copy.readLast(['job-1000', 'job-1001']);
    expect(unreadable.map((last) => last instanceof StreamParked && last.why)).to.deep.equal([
      'its data is not valid JSON',
      'its metadata is not valid JSON',
    ]);
    server().log.scavenge();
    const seen = (events: readonly RecordedEvent[]) =>
      events
        .filter(({ stream }) => stream !== 'log')
        .map(({ id, stream, revision, recordedAt, type, data }) => ({
          ...{ id, stream, revision, recordedAt, type, data },
        }));
    expect(seen(await eventsOf(copy))).to.deep.equal(seen(await eventsOf(source)));
    expect(namesOf(await all(copy.readStream('runs-1')))).to.deep.equal(['four']);
    expect(namesOf(await all(copy.readStream('keys-7-2')))).to.deep.equal(['wrapped again']);
    expect(await ensureLogIdentity(copy, world)).to.equal(copied.logId);
    const [identity] = await all(copy.readStream('log'));
    expect(identity?.data).to.deep.equal({ id: copied.logId, copyOf: logId });
    const end = await lastEventOf(copy, 'log');
    expect(end?.data).to.deep.equal({ copyOf: logId, end: await source.end(), released: false });
    expect((await copy.append(appendOf('runs-1', 3, 'five'))).revision).to.equal(4);
    const unknown = await copyOfUnknown();
    expect(unknown).to.deep.equal(['Tomorrow']);
    const erased = await rejection(begin(copy, 'keys-7-1', 'a new key'));
    expect(erased).to.have.property('name', 'StreamDeleted');
  });

  const copyOfUnknown = async (): Promise<string[]> => {
    const types: string[] = [];
    const watching = createCodec({ schemas: [], onSkipped: ({ type }) => types.push(type) });
    await all(open(eventStoreDb, watching).readStream('job-999'));
    return types;
  };

  it('records in the copy whether its engines can claim immediately', async () => {
    const source = open(postgres);
    await ensureLogIdentity(source, world);
    const released = async () => {
      const end = await lastEventOf(open(eventStoreDb), 'log');
      return end?.type === 'LogCopied' ? end.data.released : undefined;
    };
    const { logId } = await copyLog({ from: postgres, to: eventStoreDb, world, verify: false });
    expect(await released()).to.equal(false);
    const copy = open(eventStoreDb, codec);
    const commands = commandsOver(copy, world, { home: { logId, store: 'eventstoredb' } });
    expect((await commands.startEngine(asAnn, 'running')).value)
      .to.have.property('why')
      .that.matches(/is a copy of log/);
    await copyLog({ from: postgres, to: eventStoreDb, world, verify: false, released: true });
    expect(await released()).to.equal(true);
    expect((await commands.startEngine(asAnn, 'running')).value).to.deep.equal({ kind: 'claims' });
    expect((await lastEventOf(copy, 'home'))?.data).to.deep.equal({ home: { logId, store: 'eventstoredb' } });
  });

  it('continues with a copy that was interrupted, as often as it takes', async () => {
    const source = open(postgres);
    await fill(source);
    const broken = rejection(
      copyLog({
        from: postgres,
        to: eventStoreDb,
        world,
        verify: false,
        onProgress: () => {
          throw new Error('pulled the plug');
        },
      }),
    );
    expect(await broken).to.include({ message: 'pulled the plug' });
    expect(server().log.records.length).to.be.above(200);
    const unfinished = await rejection(ensureLogIdentity(open(eventStoreDb), world));
    expect(unfinished).to.include({ code: 'COPY_UNFINISHED' });
    const rest = await copyLog({ from: postgres, to: eventStoreDb, world, verify: true });
    expect(rest.copied).to.be.within(1, (rest.verified ?? 0) - 200);
    const nothing = await copyLog({ from: postgres, to: eventStoreDb, world, verify: true });
    expect(nothing).to.include({ copied: 0, verified: rest.verified, logId: rest.logId });
    expect(await all(open(eventStoreDb).readStream('log'))).to.have.length(2);
  });

  it('keeps the first times also in a copy of a copy, from EventStoreDB to Postgres', async () => {
    const source = open(eventStoreDb);
    await ensureLogIdentity(source, world);
    await begin(source, 'runs-1', 'a', 'b');
    await source.truncateBefore('runs-1', 1);
    await begin(source, 'keys-7-1', 'wrapped');
    await source.deleteStream('keys-7-1');
    await copyLog({ from: eventStoreDb, to: postgres, world, verify: true });
    const copy = open(postgres);
    const [original] = await all(source.readStream('runs-1'));
    const [copied] = await all(copy.readStream('runs-1'));
    expect(copied).to.include({ id: original?.id, revision: 1, recordedAt: original?.recordedAt });
    expect(await all(copy.readStream('keys-7-1'))).to.deep.equal([]);
    const again = await startFakeEventStoreDb();
    const back = (codec: Codec) =>
      createEventStoreDbStore({ connectionString: again.url, prefix: 'copy_', codec, world });
    await copyLog({ from: postgres, to: back, world, verify: true });
    const [copyOfCopy] = await all(open(back).readStream('runs-1'));
    expect(copyOfCopy).to.include({ id: original?.id, recordedAt: original?.recordedAt });
    expect(copyOfCopy?.metadata.copiedFrom).to.equal(copied?.position);
    expect(await all(open(back).readStream('log'))).to.have.length(2);
    again.stop();
  });

  it('states where a copy differs', async () => {
    const source = open(postgres);
    await ensureLogIdentity(source, world);
    await begin(source, 'runs-1', 'a');
    await copyLog({ from: postgres, to: eventStoreDb, world, verify: true });
    const stray = open(eventStoreDb);
    await begin(stray, 'runs-2', 'stray');
    const error = await rejection(copyLog({ from: postgres, to: eventStoreDb, world, verify: true }));
    expect(error).to.be.instanceOf(LogCopyFailed).and.to.include({ code: 'COPY_DIFFERS' });
    expect(error).to.have.property('message').that.includes('runs-2/0');
  });

  it('rejects an empty source, a target that is taken, and a log that is written to', async () => {
    const copying = () => rejection(copyLog({ from: postgres, to: eventStoreDb, world, verify: false }));
    expect(await copying()).to.include({ code: 'SOURCE_EMPTY' });
    const source = open(postgres);
    await ensureLogIdentity(source, world);
    await begin(source, 'runs-1', 'a');
    const written = copyLog({
      from: (codec) => {
        const store = postgres(codec);
        let ends = 0;
        return { ...store, end: async () => (ends++ === 0 ? store.end() : '99999999999999999999') };
      },
      to: eventStoreDb,
      world,
      verify: false,
    });
    expect(await rejection(written)).to.include({ code: 'SOURCE_WRITTEN' });
    const other = await startFakeEventStoreDb();
    const taken = (codec: Codec) =>
      createEventStoreDbStore({ connectionString: other.url, prefix: 'copy_', codec, world });
    await begin(open(taken), 'runs-1', 'somebody');
    const error = await rejection(copyLog({ from: postgres, to: taken, world, verify: false }));
    expect(error).to.include({ code: 'TARGET_TAKEN' });
    expect(await all(open(taken).readStream('log', { limit: 1 }))).to.deep.equal([]);
    other.stop();
  });
});
