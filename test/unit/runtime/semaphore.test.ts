import { expect } from 'chai';
import { createFairSemaphore, createSemaphore, createSemaphores } from '../../../src/runtime/semaphore.ts';
import { manualWorld, settle } from '../../support/world.ts';

/** A semaphore whose actions end when the test says so. */
const start = (count: number, countPerTarget = count) => {
  const semaphore = createFairSemaphore({ count, countPerTarget, clock: manualWorld().clock });
  const started: { readonly tenant: string; readonly end: () => void }[] = [];
  const run = (tenant: string, target = `target of ${tenant}`): Promise<void> =>
    semaphore.run({ tenant, target }, () => new Promise((resolve) => started.push({ tenant, end: resolve })));
  return { semaphore, started, run, startedOf: (tenant: string) => started.filter((each) => each.tenant === tenant) };
};

describe('fair semaphore', () => {
  it('leaves a place to a tenant that has none, however many actions of others hang', async () => {
    const { started, run, startedOf } = start(128);
    for (let tenant = 0; tenant < 8; tenant++) for (let each = 0; each < 100; each++) void run(`hangs ${tenant}`);
    await settle();
    expect(started.length).to.be.within(8, 127);
    void run('other');
    await settle();
    expect(startedOf('other')).to.have.length(1);
  });

  it('serves the tenants that wait in rotation, and what one does also after a failure', async () => {
    const { semaphore, started, run } = start(1);
    const failed = semaphore.run({ tenant: 'first', target: 'x' }, () => Promise.reject(new Error('no')));
    for (const tenant of ['a', 'a', 'a', 'b', 'c']) void run(tenant);
    expect(await failed.catch(() => 'failed')).to.equal('failed');
    for (let each = 0; each < 5; each++) {
      await settle();
      started[each]?.end();
    }
    expect(started.map(({ tenant }) => tenant)).to.deep.equal(['a', 'b', 'c', 'a', 'a']);
  });

  it('keeps a target that hangs from taking the places of the other targets of its tenant', async () => {
    const { run, startedOf } = start(128, 24);
    for (let each = 0; each < 200; each++) void run('acme', 'hangs');
    await settle();
    const { length } = startedOf('acme');
    expect(length).to.be.within(8, 24);
    void run('acme', 'works');
    await settle();
    expect(startedOf('acme')).to.have.length(length + 1);
  });

  it('returns what the action does', async () => {
    const { semaphore } = start(1);
    expect(await semaphore.run({ tenant: 'acme', target: 'x' }, async () => 7)).to.equal(7);
  });
});

describe('semaphore', () => {
  it('runs up to a maximum of actions simultaneously, the others in their order, also after a failure', async () => {
    const semaphore = createSemaphore(2);
    const started: number[] = [];
    const ends = Array.from({ length: 5 }, () => Promise.withResolvers<void>());
    const runs = ends.map(({ promise }, index) =>
      semaphore
        .run(() => {
          started.push(index);
          return promise;
        })
        .catch(() => 'failed'),
    );
    await settle();
    expect([started, semaphore.waiting()]).to.deep.equal([[0, 1], 3]);
    ends[1]?.reject(new Error('no'));
    await settle();
    expect([started, semaphore.waiting()]).to.deep.equal([[0, 1, 2], 2]);
    for (const { resolve } of ends) resolve();
    expect((await Promise.all(runs)).at(1)).to.equal('failed');
    expect(started).to.deep.equal([0, 1, 2, 3, 4]);
  });

  it('starts what waits before what comes while permits are handed on', async () => {
    for (let turns = 0; turns < 8; turns++) {
      const semaphore = createSemaphore(2);
      const ends = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
      const started: string[] = [];
      const runs = ends.map(({ promise }) => semaphore.run(() => promise));
      const named = (name: string) => semaphore.run(async () => void started.push(name));
      runs.push(named('waits'));
      for (const { resolve } of ends) resolve();
      for (let turn = 0; turn < turns; turn++) await undefined;
      runs.push(named('comes later'));
      await Promise.all(runs);
      expect(started, `${turns} microtasks later`).to.deep.equal(['waits', 'comes later']);
    }
  });

  it('is idle when no action runs', async () => {
    const semaphore = createSemaphore(1);
    const end = Promise.withResolvers<void>();
    const runs = [semaphore.run(() => end.promise), semaphore.run(async () => {})];
    expect(semaphore.isIdle()).to.equal(false);
    end.resolve();
    await Promise.all(runs);
    expect(semaphore.isIdle()).to.equal(true);
  });
});

describe('semaphores by key', () => {
  it('limit what runs for each key, and count what waits for it', async () => {
    const semaphores = createSemaphores<string>(1);
    const started: string[] = [];
    const ends = ['a', 'a', 'b', 'a'].map((key, index) => {
      const end = Promise.withResolvers<void>();
      const action = () => {
        started.push(`${key}${index}`);
        return end.promise;
      };
      return { ...end, ran: semaphores.run(key, action) };
    });
    await settle();
    expect([started, semaphores.waiting('a'), semaphores.waiting('b')]).to.deep.equal([['a0', 'b2'], 2, 0]);
    ends[0]?.resolve();
    await settle();
    expect([started, semaphores.waiting('a')]).to.deep.equal([['a0', 'b2', 'a1'], 1]);
    for (const { resolve } of ends) resolve();
    await Promise.all(ends.map(({ ran }) => ran));
    expect([started.at(-1), semaphores.waiting('a')]).to.deep.equal(['a3', 0]);
  });
});
