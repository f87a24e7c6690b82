import { expect } from 'chai';
import { StreamDeleted, WrongExpectedRevision } from '../../src/event-store/errors.ts';
import { NO_STREAM } from '../../src/event-store/port.ts';
import { describeEventStore } from './event-store.ts';
import { postgresLog } from './event-store-postgres-log.ts';
import { appendOf, namesOf, read, rejection } from './event-store-support.ts';

describeEventStore('postgres', postgresLog);

describe('appending to a log in Postgres that other processes append to', () => {
  it('judges by what others have appended or deleted since its own last appends', async () => {
    const log = await postgresLog();
    const [one, other] = [log.open(), log.open()];
    for (let revision = NO_STREAM; revision < 2; revision++) await one.append(appendOf('job-1', revision, 'own'));
    await other.append(appendOf('job-1', 2, 'other'));
    const stale = await rejection(one.append(appendOf('job-1', 2, 'late')));
    expect(stale).to.be.instanceOf(WrongExpectedRevision).and.to.include({ expected: 2, actual: 3 });

    for (let revision = 3; revision < 6; revision++) await one.append(appendOf('job-1', revision, 'own'));
    await other.deleteStream('job-1');
    expect(await rejection(one.append(appendOf('job-1', 6, 'late')))).to.be.instanceOf(StreamDeleted);
    // Postgres took each transaction: a wrong revision would violate its key.
    expect(log.lines).to.deep.equal([]);

    await one.close();
    await other.close();
    await log.remove();
  });
});

describe('subscribing to a log in Postgres that other processes append to', () => {
  it('reads a first event immediately, and then those of 20 ms together', async () => {
    const log = await postgresLog();
    const [reading, other] = [log.openPaced(), log.open()];
    const reader = read(reading);
    await reader.until('caughtUp');

    await other.append(appendOf('job-1', NO_STREAM, 'first'));
    expect(namesOf(await reader.events(1))).to.deep.equal(['first']);
    await reader.until('caughtUp');

    const next = reader.until('events');
    await other.append(appendOf('job-1', 0, 'second'));
    await other.append(appendOf('job-1', 1, 'third'));
    // Its own event lies behind those, and so comes with them.
    await reading.append(appendOf('job-2', NO_STREAM, 'own'));
    await log.advance(19);
    await other.append(appendOf('job-1', 2, 'fourth'));
    await log.advance(1);
    const [item] = await next;
    expect(item?.kind === 'events' && namesOf(item.events)).to.deep.equal(['second', 'third', 'own', 'fourth']);

    await reader.stop();
    await reading.close();
    await other.close();
    await log.remove();
  });

  it('takes its own events from memory in the meantime', async () => {
    const log = await postgresLog();
    const [reading, other] = [log.openPaced(), log.open()];
    const reader = read(reading);
    await reader.until('caughtUp');
    await other.append(appendOf('job-1', NO_STREAM, 'first'));
    await reader.events(1);
    await reader.until('caughtUp');

    await reading.append(appendOf('job-2', NO_STREAM, 'own'));
    expect(namesOf(await reader.events(1))).to.deep.equal(['own']);

    await reader.stop();
    await reading.close();
    await other.close();
    await log.remove();
  });
});
