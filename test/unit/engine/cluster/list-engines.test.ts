import { expect } from 'chai';
import type { EngineRow } from '../../../../src/db/membership.ts';
import { createLogHeartbeat } from '../../../../src/engine/cluster/heartbeats.ts';
import { enginesOf, livingEnginesOf } from '../../../../src/engine/cluster/list-engines.ts';
import type { EngineSetup } from '../../../../src/engine/context.ts';
import type { Engine } from '../../../../src/engine/engine.ts';
import { inMemory, memoryLog, storeOver } from '../../../support/engines.ts';
import { stub } from '../../../support/stub.ts';
import { manualWorld } from '../../../support/world.ts';

describe('the living engines', () => {
  const engine = { state: 'working' as const, silentMs: 0, timeoutMs: 10_000, takenPosition: '7' };

  it('are those whose last heartbeat is young, in Postgres or in the log', async () => {
    const { world, store } = inMemory();
    for (const engineId of ['long ago', 'in the log']) {
      await world.advance(15_000);
      await createLogHeartbeat(stub<EngineSetup>({ store, engineId, world }))();
    }
    const silent = { ...engine, silentMs: 10_001 };
    const engines = async () => [
      { ...engine, engineId: 'young', silentMs: 10_000 },
      { ...silent, engineId: 'dead' },
      { ...engine, engineId: 'dead sooner', silentMs: 3_001, timeoutMs: 3_000 },
      { ...silent, engineId: 'long ago' },
      { ...silent, engineId: 'in the log' },
    ];
    const list = livingEnginesOf({ engines }, store, world.clock);
    expect((await list()).map(({ engineId }) => engineId)).to.deep.equal(['young', 'in the log']);
  });

  it('exclude starting engines, and include engines of older versions', async () => {
    const world = manualWorld();
    const engines = async () => [
      { ...engine, engineId: 'starting', state: 'resting' as const, takenPosition: undefined },
      { ...engine, engineId: 'stopping', state: 'resting' as const },
      { ...engine, engineId: 'older', takenPosition: undefined },
    ];
    const store = storeOver(memoryLog(world));
    const list = livingEnginesOf({ engines }, store, world.clock);
    expect((await list()).map(({ engineId }) => engineId)).to.deep.equal(['stopping', 'older']);
  });
});

const row = (engineId: string, changes: Partial<EngineRow> = {}): EngineRow => ({
  engineId,
  zoneData: '2026a',
  timeoutMs: 10_000,
  joinedMs: 1_000,
  beatenMs: 2_000,
  silentMs: 500,
  state: 'working',
  ...changes,
});
const shown = {
  zoneData: '2026a',
  joinedAt: '1970-01-01T00:00:01.000Z',
  heartbeatAt: '1970-01-01T00:00:02.000Z',
};
const own = {
  ...{ engineId: 'own', state: 'claiming' as const, jobs: 3, waiting: 0, waitingForPlace: 0, running: 1 },
  members: ['own'],
};
const { state: activity, ...status } = own;
const shownOwn = { ...status, activity };
const engine = stub<Engine>({ status: () => own });

describe('the engines of the installation', () => {
  it('are those of the table that have not left, also for a process without one', async () => {
    const rows = [
      row('a'),
      row('b', { state: 'resting' }),
      row('c', { state: 'left' }),
      row('d', { silentMs: 30_000 }),
      row('e', { silentMs: 3_001, timeoutMs: 3_000 }),
    ];
    expect(await enginesOf({ all: async () => rows }, undefined)()).to.deep.equal([
      { engineId: 'a', status: 'working', ...shown },
      { engineId: 'b', status: 'resting', ...shown },
      { engineId: 'd', status: 'silent', ...shown },
      { engineId: 'e', status: 'silent', ...shown },
    ]);
  });

  it("have the whole status of the process's own", async () => {
    const rows = [row('a'), row('own')];
    expect(await enginesOf({ all: async () => rows }, engine)()).to.deep.equal([
      { engineId: 'a', status: 'working', ...shown },
      { status: 'working', ...shown, ...shownOwn },
    ]);
  });

  it('have the own one before it is in the table', async () => {
    expect(await enginesOf({ all: async () => [row('a')] }, engine)()).to.deep.equal([
      { status: 'joining', ...shownOwn },
      { engineId: 'a', status: 'working', ...shown },
    ]);
  });
});
