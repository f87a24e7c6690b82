import { expect } from 'chai';
import { createErasedTenants } from '../../../src/compose/erased-tenants.ts';
import { manualWorld } from '../../support/world.ts';

describe('which tenants are erased', () => {
  it('is known a second after it was recorded, for good, and by a look a second for each tenant', async () => {
    const world = manualWorld();
    const erased = new Set<string>();
    const looks: string[] = [];
    const isErased = createErasedTenants(async (tenant) => {
      looks.push(tenant);
      return erased.has(tenant);
    }, world.clock);
    for (let each = 0; each < 3; each++) expect([isErased('acme'), isErased('globex')]).to.deep.equal([false, false]);
    expect(looks).to.deep.equal(['acme', 'globex']);
    erased.add('acme');
    await world.advance(1_000);
    isErased('acme');
    await world.advance(0);
    expect([isErased('acme'), isErased('globex')]).to.deep.equal([true, false]);
    erased.clear();
    await world.advance(60_000);
    expect(isErased('acme')).to.equal(true);
  });

  it('is looked for again where the log did not say it', async () => {
    const world = manualWorld();
    const isAway = new Error('the log is away');
    let answer = (): Promise<boolean> => Promise.reject(isAway);
    const isErased = createErasedTenants(() => answer(), world.clock);
    expect(isErased('acme')).to.equal(false);
    answer = async () => true;
    await world.advance(1_000);
    isErased('acme');
    await world.advance(0);
    expect(isErased('acme')).to.equal(true);
  });
});
