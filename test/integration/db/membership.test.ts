import { expect } from 'chai';
import pg from 'pg';
import { createMembershipTable } from '../../../src/db/membership.ts';
import { type FreshDatabase, freshDatabase } from '../../support/postgres.ts';

describe('the table of members', () => {
  let database: FreshDatabase;
  let pool: pg.Pool;

  before(async () => {
    database = await freshDatabase();
    pool = new pg.Pool({ connectionString: database.url });
    // Its connections may still be closing when their database is dropped.
    pool.on('error', () => {});
  });
  after(async () => {
    await pool.end();
    await database.drop();
  });

  it('marks each heartbeat, keeps who left, and takes a member as it was when the table was lost', async () => {
    const table = createMembershipTable(pool);
    const beat = async (engineId: string, joinedMs?: number) => {
      const { members } = await table.beat({
        engineId,
        zoneData: '2026a',
        timeoutMs: 3_000,
        joinedMs,
        state: 'working',
        takenPosition: undefined,
      });
      return Object.fromEntries(members.map((member) => [member.engineId, member]));
    };
    const first = await beat('a');
    const second = await beat('b');
    const third = await beat('a');
    expect(third.a?.beatenMs).to.be.above(first.a?.beatenMs ?? Number.NaN);
    expect(third.b).to.deep.include({
      beatenMs: second.b?.beatenMs,
      joinedMs: second.b?.joinedMs,
      timeoutMs: 3_000,
      state: 'working',
    });

    await table.leave('b');
    expect((await beat('b')).b?.state).to.equal('left');

    await pool.query('truncate engine_members');
    const again = await beat('a', third.a?.joinedMs);
    expect(Object.keys(again)).to.deep.equal(['a']);
    expect(again.a?.joinedMs).to.be.closeTo(third.a?.joinedMs ?? Number.NaN, 1);
  });

  it('prepares the statements of each heartbeat, because planning them takes longer than running them', async () => {
    const single = new pg.Pool({ connectionString: database.url, max: 1 });
    const self = {
      engineId: 'a',
      zoneData: '2026a',
      timeoutMs: 3_000,
      state: 'working',
      takenPosition: '0042',
    } as const;
    await createMembershipTable(single).beat({ ...self, joinedMs: Date.now() });
    const { rows } = await single.query('SELECT name FROM pg_prepared_statements ORDER BY name');
    await single.end();
    expect(rows).to.deep.equal([{ name: 'engine_beat' }, { name: 'engine_members' }]);
  });

  it('reports the progress of each current engine in the log', async () => {
    const table = createMembershipTable(pool);
    await pool.query('truncate engine_members');
    const self = { zoneData: '2026a', timeoutMs: 3_000, joinedMs: undefined, state: 'resting' as const };
    await table.beat({ ...self, engineId: 'a', takenPosition: undefined });
    await table.beat({ ...self, engineId: 'b', takenPosition: '0041' });
    await table.beat({ ...self, engineId: 'b', state: 'working', takenPosition: '0042' });
    await table.beat({ ...self, engineId: 'c', takenPosition: '0042' });
    await table.leave('c');
    const engines = await table.engines();
    expect(engines.map(({ engineId, state, takenPosition }) => [engineId, state, takenPosition])).to.have.deep.members([
      ['a', 'resting', undefined],
      ['b', 'working', '0042'],
    ]);
    for (const { silentMs } of engines) expect(silentMs).to.be.within(0, 60_000);
  });

  it('lists its engines in the order in which they joined, but for those that have long been silent', async () => {
    const table = createMembershipTable(pool);
    await pool.query('truncate engine_members');
    expect(await table.all()).to.deep.equal([]);
    for (const engineId of ['z', 'y', 'x']) {
      await table.beat({
        engineId,
        zoneData: '2026a',
        timeoutMs: 3_000,
        joinedMs: undefined,
        takenPosition: undefined,
        state: 'working',
      });
    }
    await pool.query("update engine_members set beaten_at = clock_timestamp() - interval '2 h' where engine_id = 'y'");
    const engines = await table.all();
    expect(engines.map(({ engineId, zoneData, state }) => [engineId, zoneData, state])).to.deep.equal([
      ['z', '2026a', 'working'],
      ['x', '2026a', 'working'],
    ]);
    expect(engines[1]?.silentMs).to.be.within(0, 60_000);
  });
});
