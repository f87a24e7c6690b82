import { expect } from 'chai';
import { ensureLogIdentity } from '../../../src/event-store/identity.ts';
import { LOG_START, type Position, type RecordedEvent } from '../../../src/event-store/port.ts';
import { resumePosition } from '../../../src/event-store/resume-position.ts';
import { copyLog } from '../../../src/log-copy/copy-log.ts';
import { all, appendOf, begin, contractCodec, rejection } from '../../contract/event-store-support.ts';
import { createMemoryLog, type MemoryLog } from '../../support/memory-log.ts';
import { createMemoryEventStore } from '../../support/memory-store.ts';
import { allEvents } from '../../support/publishing.ts';
import { manualWorld } from '../../support/world.ts';

const world = manualWorld();
const { now } = world.clock;
const storeOn = (log: MemoryLog, codec = contractCodec) => createMemoryEventStore({ codec, now, log });

/** A log with a past, and an empty one for its copy, where all stands at other positions. */
const openLogs = async () => {
  const [sourceLog, copyOfLog] = [createMemoryLog({ now }), createMemoryLog({ now })];
  const [source, copy] = [storeOn(sourceLog), storeOn(copyOfLog)];
  const sourceId = await ensureLogIdentity(source, world);
  await begin(source, 'keys-9-1', 'erased');
  await source.deleteStream('keys-9-1');
  await begin(source, 'job-9', 'cut one', 'cut two', 'left');
  await source.truncateBefore('job-9', 2);
  for (const stream of ['job-1', 'runs-1', 'runs-2']) await begin(source, stream, 'a');
  const copyNow = () =>
    copyLog({
      from: (codec) => storeOn(sourceLog, codec),
      to: (codec) => storeOn(copyOfLog, codec),
      world,
      verify: false,
    });
  const goOn = async (checkpoint: { position: Position; eventId?: string | undefined; logId?: string }) => {
    const logId = (await all(copy.readStream('log', { limit: 1 })))[0]?.data;
    return resumePosition(copy, {
      reader: 'the reader',
      logId: logId !== undefined && 'id' in logId ? String(logId.id) : '',
      checkpoint: { logId: sourceId, ...checkpoint },
    });
  };
  /** Names of the streams whose events come after the place. */
  const leftAfter = (events: readonly RecordedEvent[], { position }: { position: Position }) =>
    events.filter((event) => event.position > position && event.stream !== 'log').map(({ stream }) => stream);
  return { source, sourceId, copy, copyNow, goOn, leftAfter };
};

const at = (events: readonly RecordedEvent[], stream: string): { position: Position; eventId: string } => {
  const found = events.find((event) => event.stream === stream);
  if (found === undefined) throw new Error(`no event in ${stream}`);
  return { position: found.position, eventId: found.id };
};

describe('the place to continue in a copy', () => {
  it('is after the very event that was read last in the original', async () => {
    const { source, copy, copyNow, goOn, leftAfter } = await openLogs();
    const originals = await allEvents(source);
    await copyNow();
    const copies = await allEvents(copy);
    const place = await goOn(at(originals, 'job-1'));
    expect(place).to.deep.equal(at(copies, 'job-1'));
    expect(place.position).to.not.equal(at(originals, 'job-1').position);
    expect(leftAfter(copies, place)).to.deep.equal(['runs-1', 'runs-2']);
  });

  it('is after the last event before it if that one is cut, in the original or since in the copy', async () => {
    const { source, copy, copyNow, goOn, leftAfter } = await openLogs();
    const read = at(await allEvents(source), 'runs-1');
    await source.append(appendOf('runs-1', 0, 'b'));
    await source.truncateBefore('runs-1', 1);
    await copyNow();
    await copy.append(appendOf('job-1', 0, 'changed in the copy'));
    await copy.truncateBefore('job-1', 1);
    const copies = await allEvents(copy);
    const place = await goOn(read);
    expect(place).to.deep.equal(at(copies, 'job-9'));
    expect(leftAfter(copies, place)).to.deep.equal(['runs-2', 'runs-1', 'job-1']);
  });

  it('needs no event if only a place was remembered: the beginning, a checkpoint, the end', async () => {
    const { source, copy, copyNow, goOn, leftAfter } = await openLogs();
    const originals = await allEvents(source);
    await copyNow();
    const copies = await allEvents(copy);
    expect(await goOn({ position: LOG_START })).to.deep.equal({ position: LOG_START });
    expect(await goOn({ position: at(originals, 'runs-1').position })).to.deep.equal(at(copies, 'runs-1'));
    const end = await goOn({ position: (await source.end()) ?? '' });
    expect(leftAfter(copies, end)).to.deep.equal([]);
  });

  it('is rejected if the original continued after it was copied', async () => {
    const { source, copyNow, goOn } = await openLogs();
    await copyNow();
    const { position } = await begin(source, 'runs-3', 'after the copy');
    const error = await rejection(goOn({ position }));
    expect(error).to.include({ code: 'BEYOND_END' });
    expect(String(error)).to.match(/the reader has read log .* was written to after the copy.*copy it again/);
    await copyNow();
    expect(await goOn({ position })).to.have.property('eventId');
  });

  it('is rejected for an event that the original had there before it was set back', async () => {
    const { source, copyNow, goOn } = await openLogs();
    const { position } = at(await allEvents(source), 'runs-1');
    await copyNow();
    expect(await rejection(goOn({ position, eventId: 'another' }))).to.include({ code: 'OTHER_EVENT' });
  });

  it('is rejected for a log that was copied from another one, or is no clean copy', async () => {
    const { source, copy, copyNow, goOn } = await openLogs();
    const read = at(await allEvents(source), 'job-1');
    await copyNow();
    expect(await rejection(goOn({ ...read, logId: 'quite another' }))).to.include({ code: 'OTHER_LOG' });
    await begin(copy, 'runs-7', 'written before all was copied');
    await begin(source, 'runs-8', 'b');
    await copyNow();
    expect(await rejection(goOn(read))).to.include({ code: 'COPY_BROKEN' });
  });
});
