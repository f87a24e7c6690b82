import { expect } from 'chai';
import {
  createFairCapacity,
  type FairCapacity,
  type Flow,
  MAX_AHEAD,
  type Permit,
} from '../../../src/runtime/fair-capacity.ts';
import { manualWorld } from '../../support/world.ts';

/** Takes all that the flow may have. */
const fill = (places: FairCapacity, flow: Flow): Permit[] => {
  const tickets: Permit[] = [];
  for (let ticket = places.admit(flow); ticket !== undefined; ticket = places.admit(flow)) tickets.push(ticket);
  return tickets;
};

const start = (count = 512, countPerTarget = 256) => {
  const world = manualWorld();
  const places = createFairCapacity({ count, countPerTarget, maxAhead: MAX_AHEAD, clock: world.clock });
  return { world, places };
};

describe('places for calls', () => {
  it('are never more than there are, and one is always had if there is one', () => {
    for (const count of [1, 2, 3, 10]) {
      const { places } = start(count, count);
      const flows = Array.from({ length: 50 }, (_, index) => places.flowOf(`tenant ${index}`, `target ${index}`));
      const taken = flows.flatMap((flow) => fill(places, flow));
      expect(taken.length, `of ${count}`).to.be.within(1, count);
    }
  });
  it('leave a quarter free for others, whatever one tenant requests', () => {
    const { places } = start();
    const targets = Array.from({ length: 600 }, (_, index) => places.flowOf('greedy', `target ${index}`));
    const taken = targets.flatMap((flow) => fill(places, flow));
    expect(taken.length).to.be.within(300, 384);
    expect(fill(places, places.flowOf('other', 'elsewhere')).length).to.be.at.least(40);
  });
  it('leave a share of the tenant’s own for its other targets', () => {
    const { places } = start();
    const hanging = ['a', 'b', 'c', 'd'].map((target) => places.flowOf('acme', target));
    while (hanging.filter((flow) => places.admit(flow) !== undefined).length > 0);
    expect(hanging.map(({ held }) => held)).to.satisfy((held: number[]) => Math.min(...held) >= 70);
    expect(fill(places, places.flowOf('acme', 'healthy')).length).to.be.at.least(30);
  });
  it('leave some for a healthy target if those that hang came one after the other', () => {
    const { places } = start();
    for (const target of ['a', 'b', 'c', 'd']) fill(places, places.flowOf('acme', target));
    expect(fill(places, places.flowOf('acme', 'healthy')).length).to.be.at.least(10);
  });
  it('leave one for another target, however few there are', () => {
    for (const count of [4, 5, 7, 10]) {
      const { places } = start(count, count);
      fill(places, places.flowOf('acme', 'hangs'));
      expect(places.admit(places.flowOf('acme', 'healthy')), `of ${count}`).not.to.equal(undefined);
    }
  });
  it('leave places at a target for other tenants', () => {
    const { places } = start(1_000, 100);
    expect(fill(places, places.flowOf('greedy', 'gateway'))).to.have.length(75);
    expect(fill(places, places.flowOf('other', 'gateway')).length).to.be.at.least(15);
  });
  it('leave places at a target for tenants that come later, however many share it', () => {
    for (const [countPerTarget, tenants, later] of [
      [24, 7, 3],
      [24, 8, 3],
      [24, 16, 3],
      [256, 8, 12],
      [256, 128, 32],
    ] as const) {
      const { places } = start(1_000, countPerTarget);
      const flows = Array.from({ length: tenants + later }, (_, index) => places.flowOf(`tenant ${index}`, 'gateway'));
      const [first, rest] = [flows.slice(0, tenants), flows.slice(tenants)];
      while (first.filter((flow) => places.admit(flow) !== undefined).length > 0);
      const used = first.reduce((sum, { held }) => sum + held, 0);
      expect(used, `${tenants} use the ${countPerTarget}`).to.be.at.least((countPerTarget * 3) / 4);
      for (const flow of rest) expect(fill(places, flow), `of ${countPerTarget} by ${tenants}`).not.to.have.length(0);
    }
  });
  it('even out as calls end', () => {
    const { places } = start();
    const [one, two] = [places.flowOf('one', 'a'), places.flowOf('two', 'b')];
    let [first, second] = [fill(places, one), fill(places, two)];
    for (let round = 0; round < 20; round++) {
      for (const tickets of [first, second]) for (const ticket of tickets.splice(0, 20)) places.end(ticket);
      second = [...second, ...fill(places, two).filter(({ hasPlace }) => hasPlace)];
      first = [...first, ...fill(places, one).filter(({ hasPlace }) => hasPlace)];
    }
    expect(Math.abs(one.held - two.held)).to.be.at.most(20);
  });
  it('let claims go ahead of them as fast as calls end, and no further', async () => {
    const { places, world } = start(4, 4);
    const flow = places.flowOf('acme', 'a');
    const [first] = fill(places, flow);
    expect(places.mayAdmit(flow)).to.equal(false);
    if (first !== undefined) places.end(first);
    const tickets = fill(places, flow);
    expect(tickets.map(({ hasPlace }) => hasPlace)).to.deep.equal([true, false]);
    const ahead = tickets.find(({ hasPlace }) => !hasPlace);
    expect(ahead !== undefined && places.take(ahead)).to.equal(false);
    await world.advance(2_000);
    if (ahead !== undefined) places.end(ahead);
    expect(places.admit(flow)).to.equal(undefined);
  });
  it('let no claim go ahead while a flow waits that has had none', async () => {
    const { places, world } = start(1, 1);
    const [busy, seldom] = [places.flowOf('acme', 'busy'), places.flowOf('acme', 'seldom')];
    for (let call = 0; call < 8; call++) {
      const ticket = places.admit(busy);
      if (ticket !== undefined) places.end(ticket);
    }
    expect(places.admit(busy)?.hasPlace).to.equal(true);
    places.queue(seldom);
    expect(places.admit(busy)).to.equal(undefined);
    places.leave(seldom);
    await world.advance(10);
    expect(places.admit(busy)?.hasPlace).to.equal(false);
  });
  it('forget flows that no one uses, and no others', async () => {
    const { places, world } = start();
    const kept = places.flowOf('acme', 'kept');
    fill(places, kept);
    for (let index = 0; index < 5_000; index++) {
      const ticket = places.admit(places.flowOf(`tenant ${index}`, `target ${index}`));
      if (ticket !== undefined) places.end(ticket);
      if (index % 500 === 0) await world.advance(3_000);
    }
    expect(places.flowOf('acme', 'kept')).to.equal(kept);
  });
  it('are shown by tenant, with who waits for one', () => {
    const { places } = start(8, 4);
    for (const target of ['a', 'b']) places.admit(places.flowOf('acme', target));
    places.admit(places.flowOf('globex', 'a'));
    places.queue(places.flowOf('globex', 'b'));
    const { ofTenants, largestTarget } = places.shares();
    expect([...ofTenants]).to.deep.equal([
      ['acme', { running: 2, waiting: 0 }],
      ['globex', { running: 1, waiting: 1 }],
    ]);
    expect(largestTarget).to.equal(2);
  });
});
