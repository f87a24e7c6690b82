import { expect } from 'chai';
import { createFairSemaphore } from '../../../src/runtime/semaphore.ts';
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
