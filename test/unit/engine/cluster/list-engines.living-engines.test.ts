import { expect } from 'chai';
import { createLogHeartbeat } from '../../../../src/engine/cluster/heartbeats.ts';
import { livingEnginesOf } from '../../../../src/engine/cluster/list-engines.ts';
import type { EngineSetup } from '../../../../src/engine/context.ts';
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
