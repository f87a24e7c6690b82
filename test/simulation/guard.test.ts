import { randomUUID } from 'node:crypto';
import { expect } from 'chai';
import { forbidTheRealWorld, RealWorldUsed } from './guard.ts';

const WAYS: readonly (readonly [name: string, use: () => unknown])[] = [
  ['Date.now()', () => Date.now()],
  ['new Date()', () => new Date()],
  ['Math.random()', () => Math.random()],
  ['performance.now()', () => performance.now()],
  ['setTimeout', () => setTimeout(() => {}, 0)],
  ['setImmediate', () => setImmediate(() => {})],
  ['AbortSignal.timeout', () => AbortSignal.timeout(1)],
  ['crypto.randomUUID', () => crypto.randomUUID()],
  ['randomUUID of node:crypto', () => randomUUID()],
];

describe('the guard of the simulation', () => {
  for (const [name, use] of WAYS) {
    it(`rejects ${name} in simulated code, and restores it afterwards`, () => {
      const allowAgain = forbidTheRealWorld();
      let rejected: unknown;
      try {
        use();
      } catch (error) {
        rejected = error;
      } finally {
        allowAgain();
      }
      expect(rejected).to.be.instanceOf(RealWorldUsed);
      expect(use).not.to.throw();
    });
  }
  it('lets calculations with dates be', () => {
    const allowAgain = forbidTheRealWorld();
    try {
      expect(new Date(0).toISOString()).to.equal('1970-01-01T00:00:00.000Z');
      expect(new Date(5)).to.be.instanceOf(Date);
    } finally {
      allowAgain();
    }
  });
});
