import { expect } from 'chai';
import fc from 'fast-check';
import type { Sealed } from '../../../src/domain/values.ts';
import { createApplicationKeys } from '../../../src/secrets/application-keys.ts';
import { newDataKey } from '../../../src/secrets/data-key.ts';
import { SecretBroken, SecretErased, SecretKeyMissing } from '../../../src/secrets/errors.ts';
import { testKeys } from '../../support/sealing.ts';
import { seededRandom } from '../../support/world.ts';

const keys = testKeys();
const withBox = (sealed: Sealed, change: (box: Buffer) => Buffer): Sealed => ({
  $sealed: { ...sealed.$sealed, box: change(Buffer.from(sealed.$sealed.box, 'base64')).toString('base64') },
});

describe('keys of an application', () => {
  it('open what they sealed, whatever it is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 200 }), (clear) => {
        expect(keys.unseal(keys.seal(clear))).to.equal(clear);
      }),
    );
  });

  it('never seal twice the same way, yet tell equal values by their fingerprint', () => {
    const [one, other] = [keys.seal('hush'), keys.seal('hush')];
    expect(one.$sealed.box).to.not.equal(other.$sealed.box);
    expect(one.$sealed.fingerprint).to.equal(other.$sealed.fingerprint).and.to.equal(keys.fingerprint('hush'));
    expect(keys.fingerprint('Hush')).to.not.equal(keys.fingerprint('hush'));
  });

  it('tell nothing of the value, neither in the box nor in the fingerprint', () => {
    const sealed = JSON.stringify(keys.seal('correct horse battery staple'));
    expect(sealed).to.not.include('horse');
    expect(sealed).to.not.include(Buffer.from('correct horse battery staple').toString('base64').slice(0, 20));
    expect(testKeys({ applicationId: 2 }).fingerprint('hush')).to.not.equal(keys.fingerprint('hush'));
  });

  it('refuse a box with any bit changed, cut short, or grown', () => {
    const sealed = keys.seal('hush');
    fc.assert(
      fc.property(fc.nat(), fc.integer({ min: 0, max: 7 }), (at, bit) => {
        const tampered = withBox(sealed, (box) => {
          const place = at % box.length;
          box.writeUInt8(box.readUInt8(place) ^ (1 << bit), place);
          return box;
        });
        expect(() => keys.unseal(tampered)).to.throw(SecretBroken);
      }),
    );
    expect(() => keys.unseal(withBox(sealed, (box) => box.subarray(0, 20)))).to.throw(SecretBroken);
    expect(() => keys.unseal(withBox(sealed, (box) => Buffer.concat([box, box])))).to.throw(SecretBroken);
    expect(() => keys.unseal(withBox(sealed, () => Buffer.alloc(0)))).to.throw(SecretBroken);
  });

  it('are bound to tenant, application and generation, even with the same data key', () => {
    const owner = { tenant: 'default', applicationId: 1, generation: 1 };
    const { key } = newDataKey(owner, seededRandom(3));
    const keysFor = (of: Partial<typeof owner>) => createApplicationKeys({ ...owner, ...of, key }, seededRandom(4));
    const sealed = keysFor({}).seal('hush');
    expect(keysFor({}).unseal(sealed)).to.equal('hush');
    expect(() => keysFor({ tenant: 'other' }).unseal(sealed)).to.throw(SecretBroken);
    expect(() => keysFor({ applicationId: 2 }).unseal(sealed)).to.throw(SecretBroken);
    const renumbered = { $sealed: { ...sealed.$sealed, generation: 2 } };
    expect(() => keysFor({ generation: 2 }).unseal(renumbered)).to.throw(SecretBroken);
  });

  it('say so when a value was sealed under an erased or a newer key', () => {
    const second = testKeys({ generation: 2 });
    expect(() => second.unseal(keys.seal('hush'))).to.throw(SecretErased, /generation 1/);
    expect(() => keys.unseal(second.seal('hush'))).to.throw(SecretKeyMissing);
  });
});
