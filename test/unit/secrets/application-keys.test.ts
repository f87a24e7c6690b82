import { expect } from 'chai';
import fc from 'fast-check';
import type { Sealed } from '../../../src/domain/values.ts';
import type { SecretUse } from '../../../src/secrets/application-keys.ts';
import { createApplicationKeys } from '../../../src/secrets/application-keys.ts';
import { newDataKey } from '../../../src/secrets/data-key.ts';
import { SecretBroken, SecretErased, SecretKeyMissing } from '../../../src/secrets/key-ring.ts';
import { testKeys, testUse } from '../../support/sealing.ts';
import { seededRandom } from '../../support/world.ts';

const keys = testKeys();
const withBox = (sealed: Sealed, change: (box: Buffer) => Buffer): Sealed => ({
  $sealed: { ...sealed.$sealed, box: change(Buffer.from(sealed.$sealed.box, 'base64')).toString('base64') },
});

describe('keys of an application', () => {
  it('open what they sealed, whatever it is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 200 }), (clear) => {
        expect(keys.unseal(keys.seal(clear, testUse), testUse)).to.equal(clear);
      }),
    );
  });

  it('open nothing for another use than it was sealed for', () => {
    const uses: readonly SecretUse[] = [
      { kind: 'task', origin: 'https://a.example' },
      { kind: 'task', origin: 'https://b.example' },
      { kind: 'secret', name: 'KEY' },
      { kind: 'secret', name: 'OTHER' },
      { kind: 'result' },
    ];
    expect(new Set(uses.map((use) => keys.fingerprint('hush', use))).size).to.equal(uses.length);
    for (const use of uses) {
      const sealed = keys.seal('hush', use);
      expect(keys.unseal(sealed, use)).to.equal('hush');
      for (const other of uses) if (other !== use) expect(() => keys.unseal(sealed, other)).to.throw(SecretBroken);
    }
  });

  it('never seal twice the same way, but recognise equal values by fingerprint', () => {
    const [one, other] = [keys.seal('hush', testUse), keys.seal('hush', testUse)];
    expect(one.$sealed.box).to.not.equal(other.$sealed.box);
    expect(one.$sealed.fingerprint).to.equal(other.$sealed.fingerprint).and.to.equal(keys.fingerprint('hush', testUse));
    expect(keys.fingerprint('Hush', testUse)).to.not.equal(keys.fingerprint('hush', testUse));
  });

  it('report nothing of the value, neither in the box nor in the fingerprint', () => {
    const sealed = JSON.stringify(keys.seal('correct horse battery staple', testUse));
    expect(sealed).to.not.include('horse');
    expect(sealed).to.not.include(Buffer.from('correct horse battery staple').toString('base64').slice(0, 20));
    expect(testKeys({ applicationId: 2 }).fingerprint('hush', testUse)).to.not.equal(keys.fingerprint('hush', testUse));
  });

  it('reject a box with any bit changed, cut short, or grown', () => {
    const sealed = keys.seal('hush', testUse);
    fc.assert(
      fc.property(fc.nat(), fc.integer({ min: 0, max: 7 }), (at, bit) => {
        const tampered = withBox(sealed, (box) => {
          const place = at % box.length;
          box.writeUInt8(box.readUInt8(place) ^ (1 << bit), place);
          return box;
        });
        expect(() => keys.unseal(tampered, testUse)).to.throw(SecretBroken);
      }),
    );
    expect(() =>
      keys.unseal(
        withBox(sealed, (box) => box.subarray(0, 20)),
        testUse,
      ),
    ).to.throw(SecretBroken);
    expect(() =>
      keys.unseal(
        withBox(sealed, (box) => Buffer.concat([box, box])),
        testUse,
      ),
    ).to.throw(SecretBroken);
    expect(() =>
      keys.unseal(
        withBox(sealed, () => Buffer.alloc(0)),
        testUse,
      ),
    ).to.throw(SecretBroken);
  });

  it('are bound to tenant, application and generation, even with the same data key', () => {
    const owner = { tenant: 'default', applicationId: 1, generation: 1 };
    const { key } = newDataKey(owner, seededRandom(3));
    const keysFor = (changes: Partial<typeof owner>) =>
      createApplicationKeys({ ...owner, ...changes, key }, seededRandom(4));
    const sealed = keysFor({}).seal('hush', testUse);
    expect(keysFor({}).unseal(sealed, testUse)).to.equal('hush');
    expect(() => keysFor({ tenant: 'other' }).unseal(sealed, testUse)).to.throw(SecretBroken);
    expect(() => keysFor({ applicationId: 2 }).unseal(sealed, testUse)).to.throw(SecretBroken);
    const renumbered = { $sealed: { ...sealed.$sealed, generation: 2 } };
    expect(() => keysFor({ generation: 2 }).unseal(renumbered, testUse)).to.throw(SecretBroken);
  });

  it('reject values sealed with an erased or a newer key', () => {
    const second = testKeys({ generation: 2 });
    expect(() => second.unseal(keys.seal('hush', testUse), testUse)).to.throw(SecretErased, /generation 1/);
    expect(() => keys.unseal(second.seal('hush', testUse), testUse)).to.throw(SecretKeyMissing);
  });
});
