import { expect } from 'chai';
import { toInstant } from '../../../src/domain/values.ts';
import type { Claim } from '../../../src/engine/claim.ts';
import { createDispatch, targetKey } from '../../../src/engine/dispatch.ts';
import { manualWorld } from '../../support/world.ts';

const T0 = Date.UTC(2026, 0, 1);
const claim = (executionId: number, jobId = 1): Claim => ({
  tenant: 'acme',
  applicationId: 1,
  jobId,
  executionId,
  trigger: 'schedule',
  scheduledAt: toInstant(T0),
  createdAt: toInstant(T0),
  attempt: 1,
  engineId: 'e1',
  jobRevision: 0,
  tail: { jobRevision: 0, cursor: toInstant(T0), runs: 0, open: [] },
});

const start = (concurrency: number, targetConcurrency: number) => {
  const world = manualWorld({ nowMs: T0 });
  const calls = new Map<number, () => void>();
  const dispatch = createDispatch<Claim>({
    world,
    concurrency,
    targetConcurrency,
    targetOf: ({ jobId }) => `target-${jobId}`,
    run: ({ executionId }) => new Promise((resolve) => calls.set(executionId, resolve)),
  });
  const end = async (executionId: number) => {
    calls.get(executionId)?.();
    calls.delete(executionId);
    await world.advance(0);
  };
  return { world, dispatch, end, under: () => [...calls.keys()] };
};

describe('dispatch', () => {
  it('calls no slot before it is due, and all of one instant then', async () => {
    const { world, dispatch, under } = start(10, 10);
    dispatch.add(claim(1), T0 + 200);
    dispatch.add(claim(2), T0 + 200);
    await world.advance(199);
    expect(under()).to.deep.equal([]);
    await world.advance(1);
    expect(under()).to.deep.equal([1, 2]);
  });
  it('keeps to so many calls at once, first come first', async () => {
    const { dispatch, under, end } = start(2, 10);
    for (const id of [1, 2, 3, 4]) dispatch.add(claim(id), T0);
    expect(under()).to.deep.equal([1, 2]);
    expect(dispatch.waiting()).to.equal(2);
    await end(1);
    expect(under()).to.deep.equal([2, 3]);
  });
  it('lets one slow target not hold up the others', async () => {
    const { dispatch, under, end } = start(10, 1);
    dispatch.add(claim(1, 1), T0);
    dispatch.add(claim(2, 1), T0);
    dispatch.add(claim(3, 2), T0);
    expect(under()).to.deep.equal([1, 3]);
    await end(1);
    expect(under()).to.deep.equal([3, 2]);
  });
  it('is idle when all has ended', async () => {
    const { dispatch, end } = start(1, 1);
    dispatch.add(claim(1), T0);
    dispatch.add(claim(2), T0);
    let idle = false;
    const waited = dispatch.idle().then(() => {
      idle = true;
    });
    await end(1);
    expect(idle).to.equal(false);
    await end(2);
    await waited;
    expect(idle).to.equal(true);
  });
});

describe('a target’s key', () => {
  it('is its origin as given', () => {
    expect(targetKey({ method: 'GET', url: 'https://a.example/x?y' })).to.equal('https://a.example');
    expect(targetKey({ method: 'GET', endpoint: 'http://a:80', path: '/x' })).to.equal('http://a:80');
  });
});
