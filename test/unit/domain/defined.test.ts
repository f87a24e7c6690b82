import { expect } from 'chai';
import { defined } from '../../../src/domain/defined.ts';

describe('defined', () => {
  it('leaves out the fields that are undefined, and only these', () => {
    const reason: string | undefined = undefined;
    const shown: { readonly id: number; readonly reason?: string; readonly nextAt: string | null } = defined({
      id: 0,
      reason,
      nextAt: null,
    });
    expect(shown).to.deep.equal({ id: 0, nextAt: null });
    expect(Object.keys(shown)).to.deep.equal(['id', 'nextAt']);
  });

  it('leaves what it is given as it is', () => {
    const given = { id: 1, until: undefined };
    expect(defined(given)).to.deep.equal({ id: 1 });
    expect(given).to.have.own.property('until', undefined);
  });
});
