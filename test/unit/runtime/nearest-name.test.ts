import { expect } from 'chai';
import { nearestName } from '../../../src/runtime/nearest-name.ts';

describe('the name that a misspelt one was meant to be', () => {
  const examples: readonly [given: string, known: readonly string[], meant: string | undefined][] = [
    ['overlaps', ['misfire', 'overlap'], 'overlap'],
    ['retries', ['retention', 'retry'], 'retry'],
    ['HttpInvoker', ['WorkerTask', 'HttpInvokerTask'], 'HttpInvokerTask'],
    ['snyc', ['sync', 'sand'], 'sync'],
    ['SYNC', ['sync'], 'sync'],
    ['payments', ['sync', 'report'], undefined],
    ['timeout', ['timezone'], undefined],
    ['', ['sync'], undefined],
    ['sync', [], undefined],
  ];
  for (const [given, known, meant] of examples) {
    it(`is ${meant ?? 'none'} for ${given === '' ? 'no name' : given}`, () => {
      expect(nearestName(given, known)).to.equal(meant);
    });
  }
});
