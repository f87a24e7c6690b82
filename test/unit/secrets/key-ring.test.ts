import { expect } from 'chai';
import { BadKeyRing, createKeyRing } from '../../../src/secrets/key-ring.ts';
import { ringEntry } from '../../support/sealing.ts';

describe('key ring', () => {
  it('takes the first key as current and finds the others', () => {
    const ring = createKeyRing(`${ringEntry('b', 2)}, ${ringEntry('a', 1)}`);
    expect(ring.current.id).to.equal('b');
    expect(ring.find('a')?.key).to.deep.equal(Buffer.alloc(32, 1));
    expect(ring.find('c')).to.equal(undefined);
  });

  const rejected: Record<string, string> = {
    nothing: '',
    'an entry without id': Buffer.alloc(32).toString('base64'),
    'an empty id': ringEntry('', 1),
    'a short key': `a:${Buffer.alloc(16).toString('base64')}`,
    'a long key': `a:${Buffer.alloc(33).toString('base64')}`,
    'what is not base64': `a:${'?'.repeat(44)}`,
    'the same id twice': `${ringEntry('a', 1)},${ringEntry('a', 2)}`,
    'a trailing comma': `${ringEntry('a', 1)},`,
  };
  for (const [what, setting] of Object.entries(rejected)) {
    it(`rejects ${what}`, () => {
      expect(() => createKeyRing(setting)).to.throw(BadKeyRing);
    });
  }

  it('never states what is in a key', () => {
    const secret = Buffer.alloc(31, 9).toString('base64');
    expect(() => createKeyRing(`a:${secret}`))
      .to.throw(BadKeyRing)
      .with.property('message')
      .that.does.not.include(secret);
  });
});
