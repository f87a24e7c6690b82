import { expect } from 'chai';
import { differences } from '../../../src/domain/difference.ts';

const sealed = (fingerprint: string, box = 'Ym94') => ({ $sealed: { generation: 1, box, fingerprint } });

describe('differences', () => {
  it('finds none between equal values in any order of keys', () => {
    expect(differences({ a: 1, b: [{ c: null }] }, { b: [{ c: null }], a: 1 })).to.deep.equal([]);
  });

  it('names each field by its pointer, with what it was and is', () => {
    const before = { name: 'a', task: { path: '/x', 'od/d~': 1, gone: true } };
    const after = { name: 'b', task: { path: '/x', 'od/d~': 2, added: false } };
    expect(differences(before, after)).to.deep.equal([
      { pointer: '/name', before: 'a', after: 'b' },
      { pointer: '/task/od~1d~0', before: 1, after: 2 },
      { pointer: '/task/gone', before: true },
      { pointer: '/task/added', after: false },
    ]);
  });

  it('treats a list as one field', () => {
    expect(differences({ to: ['a'] }, { to: ['a', 'b'] })).to.deep.equal([
      { pointer: '/to', before: ['a'], after: ['a', 'b'] },
    ]);
  });

  it('compares sealed values by their fingerprints', () => {
    expect(differences({ token: sealed('f1', 'one') }, { token: sealed('f1', 'two') })).to.deep.equal([]);
    expect(differences({ token: sealed('f1') }, { token: sealed('f2') })).to.have.length(1);
    expect(differences({ token: sealed('f1') }, { token: 'clear' })).to.have.length(1);
  });

  it('distinguishes an object from a list and from nothing', () => {
    expect(differences({ a: {} }, { a: [] })).to.have.length(1);
    expect(differences({ a: null }, {})).to.deep.equal([{ pointer: '/a', before: null }]);
  });
});
