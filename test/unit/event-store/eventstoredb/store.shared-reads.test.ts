import { expect } from 'chai';
import { sharedReads } from '../../../../src/event-store/eventstoredb/store.ts';
import { settle } from '../../../support/world.ts';

describe('shared reads', () => {
  /** Reads that end when they are told to. */
  const start = () => {
    const begun: { readonly key: string; readonly end: (value: string) => void; readonly fail: () => void }[] = [];
    const read = sharedReads((key) => {
      const { promise, resolve, reject } = Promise.withResolvers<string>();
      begun.push({ key, end: resolve, fail: () => reject(new Error('away')) });
      return promise;
    });
    return { begun, read };
  };

  it('combine simultaneous requests into one read, and those during it into the next', async () => {
    const { begun, read } = start();
    const first = [read('app-1'), read('app-1'), read('app-2')];
    await settle();
    expect(begun.map(({ key }) => key)).to.deep.equal(['app-1', 'app-2']);
    const later = [read('app-1'), read('app-1')];
    begun[0]?.end('old');
    begun[1]?.end('other');
    expect(await Promise.all(first)).to.deep.equal(['old', 'old', 'other']);
    await settle();
    expect(begun).to.have.length(3);
    begun[2]?.end('new');
    expect(await Promise.all(later)).to.deep.equal(['new', 'new']);
    const last = read('app-1');
    await settle();
    begun[3]?.end('last');
    expect(await last).to.equal('last');
  });

  it('fail only the requests of the failed read', async () => {
    const { begun, read } = start();
    const first = read('app-1').catch(({ message }) => message);
    await settle();
    const later = read('app-1');
    begun[0]?.fail();
    expect(await first).to.equal('away');
    await settle();
    begun[1]?.end('back');
    expect(await later).to.equal('back');
  });
});
