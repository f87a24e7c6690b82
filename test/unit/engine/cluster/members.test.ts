import { expect } from 'chai';
import { createCommonTime } from '../../../../src/engine/cluster/common-time.ts';
import { createMembers, type Members } from '../../../../src/engine/cluster/members.ts';
import type { Watchdog } from '../../../../src/engine/cluster/watchdog.ts';
import type { EngineSetup } from '../../../../src/engine/context.ts';
import type { Gate } from '../../../../src/engine/gate.ts';
import type { Heartbeat } from '../../../../src/engine/ports.ts';
import type { EventStore, RecordedEvent } from '../../../../src/event-store/port.ts';
import { engineTable } from '../../../support/engines.ts';
import { stub } from '../../../support/stub.ts';
import { type ManualWorld, manualWorld } from '../../../support/world.ts';

/** A table of engines, as Postgres keeps it, that can be out of reach. */
const createTable = (world: ManualWorld) => {
  const { membership, lose } = engineTable(world);
  const table = {
    answers: true,
    rejects: false,
    lose,
    put: (engineId: string, zoneData: string) =>
      membership.beat({
        ...{ engineId, zoneData, timeoutMs: 10_000, joinedMs: undefined },
        ...{ state: 'working', takenPosition: undefined },
      }),
    answerMs: 0,
    beat: async (self: Heartbeat) => {
      if (table.rejects) throw new Error('away');
      if (!table.answers) return new Promise<never>(() => {});
      const response = await membership.beat(self);
      if (table.answerMs > 0) await world.timers.sleep(table.answerMs);
      return response;
    },
    leave: membership.leave,
  };
  return table;
};

const joined = async (
  world: ManualWorld,
  table: ReturnType<typeof createTable>,
  zoneData: string,
  inLog: ReadonlyMap<string, number> = new Map(),
) => {
  const beatsInLog: number[] = [];
  const changes: number[] = [];
  const progress = { isStalled: false };
  const readLast: EventStore['readLast'] = async (streams) =>
    streams.map((stream) => {
      const revision = inLog.get(stream.replace('engine-', ''));
      return revision === undefined ? undefined : stub<RecordedEvent>({ revision });
    });
  const setup = stub<EngineSetup>({
    store: stub<EventStore>({ readLast }),
    engineId: 'younger',
    zoneData,
    timeoutMs: 10_000,
    alone: false,
    membership: table,
    time: createCommonTime(world.clock, world.log),
    world,
    stopping: new AbortController().signal,
  });
  const appendBeat = async () => {
    if (table.rejects) throw new Error('away');
    beatsInLog.push(world.clock.monotonic());
  };
  const standstill = () => (progress.isStalled ? { why: 'stalled', sinceMs: 0 } : undefined);
  const gate = stub<Gate>({ reached: () => '7' });
  const members = createMembers(setup, { gate, watchdog: stub<Watchdog>({ standstill }) }, appendBeat);
  await members.start({ changed: () => void changes.push(world.clock.monotonic()), beating: () => () => {} });
  return { members, beatsInLog, changes, progress };
};

const hundredJobs = Array.from({ length: 100 }, (_, jobId) => ({
  jobId,
  applicationId: 3,
  rules: { limit: undefined },
}));

const owned = ({ owns }: Pick<Members, 'owns'>) => hundredJobs.filter(owns).length;

describe('members', () => {
  it('share the jobs among engines of the same zone data', async () => {
    const world = manualWorld();
    const table = createTable(world);
    await table.put('older', '2026a');
    const { members } = await joined(world, table, '2026a');
    expect(members.sharing()).to.deep.equal(['older', 'younger']);
    expect(owned(members)).to.be.within(20, 80);
    expect(members.standbyReason()).to.equal(undefined);
  });

  it('are on standby while older engines use other zone data, and take over afterwards', async () => {
    const world = manualWorld();
    const table = createTable(world);
    await table.put('older', '2025c');
    await world.advance(10);
    const { members } = await joined(world, table, '2026a');
    expect(members.sharing()).to.deep.equal(['older']);
    expect(owned(members)).to.equal(0);
    expect(members.standbyReason()?.why).to.match(/2026a.*2025c/);
    expect(world.lines.filter(({ level }) => level === 'warn')).to.have.length(1);

    await table.leave('older');
    await world.advance(1_000);
    expect(members.sharing()).to.deep.equal(['younger']);
    expect(owned(members)).to.equal(100);
    expect(members.standbyReason()).to.equal(undefined);
  });

  it('keep sharing with engines that a lost table of members no longer names', async () => {
    const world = manualWorld();
    const table = createTable(world);
    await table.put('older', '2026a');
    const { members } = await joined(world, table, '2026a');
    table.lose();
    await world.advance(5_000);
    expect(members.sharing()).to.deep.equal(['older', 'younger']);
    expect([...(await members.deadAmong(['older']))]).to.deep.equal([]);
    await world.advance(6_000);
    expect(members.sharing()).to.deep.equal(['younger']);
    expect([...(await members.deadAmong(['older']))]).to.deep.equal(['older']);
  });

  it('find an engine dead ten seconds after its last heartbeat, though the log has one of an earlier outage', async () => {
    const world = manualWorld();
    const table = createTable(world);
    await table.put('dying', '2026a');
    const inLog = new Map([['dying', 7]]);
    const { members } = await joined(world, table, '2026a', inLog);
    const dead = async () => [...(await members.deadAmong(['dying']))];
    expect(await dead()).to.deep.equal([]);
    await world.advance(11_000);
    expect(await dead()).to.deep.equal(['dying']);
    expect(members.sharing()).to.deep.equal(['younger']);
    inLog.set('dying', 8);
    expect(await dead()).to.deep.equal([]);
    await world.advance(11_000);
    expect(await dead()).to.deep.equal(['dying']);
  });

  it('own jobs without a break until others have taken them, also if a heartbeat is in progress', async () => {
    const world = manualWorld();
    const table = createTable(world);
    await table.put('older', '2026a');
    const { members, changes } = await joined(world, table, '2026a');
    table.answerMs = 400;
    void members.work();
    await world.advance(1_200);
    const before = changes.length;
    let hasRested = false;
    void members.rest(5_000).then(() => {
      hasRested = true;
    });
    for (let beats = 0; beats < 2; beats++) {
      await world.advance(900);
      expect([hasRested, owned(members) > 0, changes.length]).to.deep.equal([false, true, before]);
      await table.put('older', '2026a');
    }
    await world.advance(1_500);
    expect([hasRested, owned(members)]).to.deep.equal([true, 0]);
  });

  it('give their jobs away while they make no progress, once the others know', async () => {
    const world = manualWorld();
    const table = createTable(world);
    await table.put('older', '2026a');
    const { members, progress } = await joined(world, table, '2026a');
    const stateInTable = async () =>
      (await table.put('older', '2026a')).members.find(({ engineId }) => engineId === 'younger')?.state;
    await members.work();
    await world.advance(1_100);
    expect([await stateInTable(), members.sharing()]).to.deep.equal(['working', ['older', 'younger']]);

    table.answerMs = 400;
    progress.isStalled = true;
    await world.advance(1_000);
    expect([await stateInTable(), owned(members) > 0], 'the beat that says so is in progress').to.deep.equal([
      'resting',
      true,
    ]);
    await world.advance(400);
    expect([members.sharing(), owned(members)]).to.deep.equal([['older'], 0]);

    progress.isStalled = false;
    await world.advance(2_000);
    expect([await stateInTable(), members.sharing()]).to.deep.equal(['working', ['older', 'younger']]);
    expect(owned(members)).to.be.within(20, 80);
  });

  it('end for an owner that came later what a dead engine ran', async () => {
    const world = manualWorld();
    const table = createTable(world);
    await table.put('dying', '2026a');
    const { members } = await joined(world, table, '2026a');
    await members.work();
    await world.advance(500);
    await table.put('dying', '2026a');
    await world.advance(500);
    await table.put('newcomer', '2026a');
    await world.advance(1_500);
    expect(members.sharing()).to.include('newcomer');
    expect(hundredJobs.filter((job) => !members.owns(job) && members.endsFor(job, 'dying'))).not.to.deep.equal([]);
    expect(hundredJobs.filter((job) => !members.owns(job) && members.endsFor(job, 'unknown'))).to.deep.equal([]);
  });

  it('record once that they are back after more than a lease of silence', async () => {
    const world = manualWorld();
    const table = createTable(world);
    const { members, beatsInLog } = await joined(world, table, '2026a');
    await world.advance(3_000);
    table.rejects = true;
    await world.advance(3_000);
    table.rejects = false;
    await world.advance(3_000);
    expect(beatsInLog, 'its lease held').to.deep.equal([]);
    table.rejects = true;
    await world.advance(6_000);
    expect(members.leaseHeldSince(world.clock.monotonic())).to.equal(false);
    table.rejects = false;
    await world.advance(5_000);
    expect(beatsInLog).to.have.length(1);
  });

  it('keep their lease by heartbeats in the log while Postgres is silent', async () => {
    const world = manualWorld();
    const table = createTable(world);
    const { members, beatsInLog } = await joined(world, table, '2026a');
    await world.advance(2_000);
    expect(beatsInLog).to.deep.equal([]);
    table.answers = false;
    await world.advance(20_000);
    expect(beatsInLog).to.have.length.within(9, 10);
    expect(members.leaseHeldSince(100)).to.equal(true);
  });
});
