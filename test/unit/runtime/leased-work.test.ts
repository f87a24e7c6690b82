import { expect } from 'chai';
import { createWorkRunner, type WorkTurn } from '../../../src/runtime/leased-work.ts';
import { createLeases } from '../../support/leases.ts';
import { manualWorld } from '../../support/world.ts';

const SECOND_MS = 1_000;

type Item = { readonly tenant: string; readonly id: number };

/** A runner with two places for these items; each item that is named so ends, the others want to go on for ever. */
const start = (items: Item[], carryOut: (item: Item, turn: WorkTurn) => Promise<void>) => {
  const world = manualWorld();
  const runner = createWorkRunner<Item>(
    { leases: createLeases().leases, world },
    {
      name: 'things',
      most: 2,
      find: async () => items,
      leaseOf: ({ id }) => `thing ${id}`,
      tenantOf: ({ tenant }) => tenant,
      carryOut,
    },
  );
  runner.start();
  return { world, runner };
};

const item = (id: number, tenant = `tenant ${id}`): Item => ({ id, tenant });

describe('leased work', () => {
  const goesOn =
    (world: () => ReturnType<typeof manualWorld>, turns: string[]) => async (one: Item, turn: WorkTurn) => {
      turns.push(one.tenant);
      while (!turn.signal.aborted && !turn.isOver()) await world().timers.sleep(SECOND_MS, turn.signal);
    };

  it('gives all tenants turns if there are more tenants than places', async () => {
    const turns: string[] = [];
    const started = start(
      Array.from({ length: 6 }, (_, id) => item(id)),
      goesOn(() => started.world, turns),
    );
    await started.world.advance(15 * SECOND_MS);
    expect(new Set(turns.slice(0, 6)).size).to.equal(6);
    expect(new Set(turns.slice(6, 12)).size).to.equal(6);
    await started.runner.stop();
  });

  it('gives a tenant with many items no more turns than one with a single item', async () => {
    const turns: string[] = [];
    const many = Array.from({ length: 20 }, (_, id) => item(id, 'many'));
    const started = start(
      [...many, item(20, 'a'), item(21, 'b'), item(22, 'c')],
      goesOn(() => started.world, turns),
    );
    await started.world.advance(60 * SECOND_MS);
    for (const tenant of ['a', 'b', 'c']) expect(turns.filter((each) => each === tenant).length).to.be.above(8);
    await started.runner.stop();
  });

  it('leaves an item its place while no other waits for it', async () => {
    const turns: string[] = [];
    const started = start(
      [item(1), item(2)],
      goesOn(() => started.world, turns),
    );
    await started.world.advance(60 * SECOND_MS);
    expect(turns).to.have.length(2);
    await started.runner.stop();
  });

  it('takes the place of what fails again and again', async () => {
    const done: number[] = [];
    const items = [item(1), item(2), item(3)];
    const { world, runner } = start(items, async ({ id }) => {
      if (id < 3) throw new Error('no');
      done.push(id);
      items.pop();
    });
    await world.advance(10 * SECOND_MS);
    expect(done).to.deep.equal([3]);
    await runner.stop();
  });
});
